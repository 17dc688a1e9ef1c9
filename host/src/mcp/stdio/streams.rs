//! The byte streams behind stdin and stdout.
//!
//! Those of tokio hand each read and each write to another thread, which costs a call two switches of threads and back.
//! Pipes and sockets need no thread on Linux: they are read and written when they are ready. Files, terminals and other
//! systems get tokio's streams.

use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes from a client.
pub(in crate::mcp) type Input = Box<dyn AsyncRead + Send + Unpin>;

/// Bytes to a client.
pub(in crate::mcp) type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// Opens stdin.
pub(in crate::mcp) fn stdin() -> Input {
    #[cfg(target_os = "linux")]
    if let Some(input) = ready::input(&std::io::stdin()) {
        return input;
    }
    Box::new(tokio::io::stdin())
}

/// Opens stdout.
pub(in crate::mcp) fn stdout() -> Output {
    #[cfg(target_os = "linux")]
    if let Some(output) = ready::output(&std::io::stdout()) {
        return output;
    }
    Box::new(tokio::io::stdout())
}

/// Streams that are read and written when they are ready. The program's descriptors keep their flags, because other
/// processes may share them: a pipe is opened anew, and a socket is told with each operation not to wait.
#[cfg(target_os = "linux")]
mod ready {
    use std::{
        fs, io,
        os::{
            fd::{AsFd, AsRawFd, OwnedFd},
            unix::fs::FileTypeExt as _,
        },
        pin::Pin,
        task::{Context, Poll, ready},
    };

    use tokio::{
        io::{AsyncRead, AsyncWrite, Interest, ReadBuf, unix::AsyncFd},
        net::unix::pipe,
    };

    use super::{Input, Output};

    /// Opens a pipe or a socket for reading. Returns `None` for another file, and if the system refuses it.
    pub(super) fn input(stream: &(impl AsFd + AsRawFd)) -> Option<Input> {
        let path = path(stream);
        let kind = fs::metadata(&path).ok()?.file_type();
        if kind.is_fifo() {
            Some(Box::new(pipe::OpenOptions::new().open_receiver(path).ok()?))
        } else if kind.is_socket() {
            Some(Box::new(Socket::new(stream, Interest::READABLE).ok()?))
        } else {
            None
        }
    }

    /// Opens a pipe or a socket for writing. Returns `None` for another file, and if the system refuses it.
    pub(super) fn output(stream: &(impl AsFd + AsRawFd)) -> Option<Output> {
        let path = path(stream);
        let kind = fs::metadata(&path).ok()?.file_type();
        if kind.is_fifo() {
            Some(Box::new(pipe::OpenOptions::new().open_sender(path).ok()?))
        } else if kind.is_socket() {
            Some(Box::new(Socket::new(stream, Interest::WRITABLE).ok()?))
        } else {
            None
        }
    }

    /// Returns the path under which a process opens its own descriptors anew.
    fn path(stream: &impl AsRawFd) -> String {
        format!("/proc/self/fd/{}", stream.as_raw_fd())
    }

    /// A stream socket whose operations do not wait, whatever its flags say.
    struct Socket(AsyncFd<OwnedFd>);

    impl Socket {
        fn new(stream: &impl AsFd, interest: Interest) -> io::Result<Self> {
            let socket = stream.as_fd().try_clone_to_owned()?;
            // SAFETY: an `OwnedFd` is open and the same descriptor as long as it lives, and this one is never replaced.
            let registered = unsafe { AsyncFd::register_with_interest(socket, interest) };
            registered.map(Self).map_err(Into::into)
        }
    }

    impl AsyncRead for Socket {
        fn poll_read(
            self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            loop {
                let mut guard = ready!(self.0.poll_read_ready(context))?;
                let free = buffer.initialize_unfilled();
                let wanted = free.len();
                if let Ok(received) = guard.try_io(|socket| receive(socket, free)) {
                    let received = received?;
                    // The socket is empty. To ask it once more would be a system call for each message.
                    if received < wanted {
                        guard.clear_ready();
                    }
                    buffer.advance(received);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    impl AsyncWrite for Socket {
        fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            loop {
                let mut guard = ready!(self.0.poll_write_ready(context))?;
                if let Ok(sent) = guard.try_io(|socket| send(socket, bytes)) {
                    return Poll::Ready(sent);
                }
            }
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// Receives bytes without waiting.
    fn receive(socket: &impl AsRawFd, buffer: &mut [u8]) -> io::Result<usize> {
        // SAFETY: the system writes at most the buffer's length into it.
        let received =
            unsafe { libc::recv(socket.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), libc::MSG_DONTWAIT) };
        usize::try_from(received).map_err(|_| io::Error::last_os_error())
    }

    /// Sends bytes without waiting.
    fn send(socket: &impl AsRawFd, bytes: &[u8]) -> io::Result<usize> {
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        // SAFETY: the system reads at most the bytes' length.
        let sent = unsafe { libc::send(socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), flags) };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }

    #[cfg(test)]
    mod tests {
        use std::{
            io::{PipeReader, PipeWriter, Read as _, Write as _},
            os::unix::net::UnixStream,
            thread,
        };

        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        use super::*;

        /// More than a pipe or a socket holds.
        const MANY_BYTES: usize = 3 << 20;

        /// Returns the flags of an open file, which all processes with a copy of its descriptor share.
        fn flags(stream: &impl AsRawFd) -> String {
            let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", stream.as_raw_fd())).unwrap();
            info.lines().find(|line| line.starts_with("flags:")).unwrap().to_owned()
        }

        fn pipe() -> (PipeReader, PipeWriter) {
            io::pipe().unwrap()
        }

        fn socket() -> (UnixStream, UnixStream) {
            UnixStream::pair().unwrap()
        }

        fn bytes() -> Vec<u8> {
            (0..MANY_BYTES).map(|position| u8::try_from(position % 251).unwrap()).collect()
        }

        /// Reads everything that the other end writes, and checks that the descriptor is as before.
        async fn check_input(ours: impl AsFd + AsRawFd, mut theirs: impl io::Write + Send + 'static) {
            let before = flags(&ours);
            let mut input = input(&ours).unwrap();
            let writing = thread::spawn(move || theirs.write_all(&bytes()));
            let mut read = Vec::new();
            input.read_to_end(&mut read).await.unwrap();
            assert!(read == bytes());
            writing.join().unwrap().unwrap();
            assert_eq!(flags(&ours), before);
        }

        /// Writes more than the stream holds to an end that reads it all, and checks that the descriptor is as before.
        async fn check_output(ours: impl AsFd + AsRawFd, mut theirs: impl io::Read + Send + 'static) {
            let before = flags(&ours);
            let mut output = output(&ours).unwrap();
            let reading = thread::spawn(move || {
                let mut read = Vec::new();
                theirs.read_to_end(&mut read).map(|_| read)
            });
            output.write_all(&bytes()).await.unwrap();
            assert_eq!(flags(&ours), before);
            drop((output, ours));
            assert!(reading.join().unwrap().unwrap() == bytes());
        }

        #[tokio::test]
        async fn a_pipe_and_a_socket_are_read_to_their_end_and_keep_their_flags() {
            let ((reader, writer), (ours, theirs)) = (pipe(), socket());
            check_input(reader, writer).await;
            check_input(ours, theirs).await;
        }

        #[tokio::test]
        async fn a_pipe_and_a_socket_are_written_beyond_what_they_hold_and_keep_their_flags() {
            let ((reader, writer), (ours, theirs)) = (pipe(), socket());
            check_output(writer, reader).await;
            check_output(ours, theirs).await;
        }

        #[tokio::test]
        async fn one_message_after_the_other_is_read_while_the_other_end_waits() {
            let ((pipe_reader, mut pipe_writer), (ours, mut theirs)) = (pipe(), socket());
            let (mut from_pipe, mut from_socket) = (input(&pipe_reader).unwrap(), input(&ours).unwrap());
            for message in [b"one\n", b"two\n", b"six\n"] {
                let mut read = [0; 8];
                pipe_writer.write_all(message).unwrap();
                assert_eq!(from_pipe.read(&mut read).await.unwrap(), message.len());
                theirs.write_all(message).unwrap();
                assert_eq!(from_socket.read(&mut read[4..]).await.unwrap(), message.len());
                assert_eq!(&read, &[*message, *message].concat()[..]);
            }
        }

        #[tokio::test]
        async fn writing_to_an_end_that_nobody_reads_fails() {
            let ((pipe_reader, pipe_writer), (ours, theirs)) = (pipe(), socket());
            let (mut to_pipe, mut to_socket) = (output(&pipe_writer).unwrap(), output(&ours).unwrap());
            drop((pipe_reader, theirs));
            for output in [&mut to_pipe, &mut to_socket] {
                assert_eq!(output.write(b"x").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
            }
        }

        #[tokio::test]
        async fn a_file_and_a_device_are_left_to_a_thread() {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(b"{}").unwrap();
            for other in [file, fs::File::options().read(true).write(true).open("/dev/null").unwrap()] {
                assert!(input(&other).is_none() && output(&other).is_none());
            }
            let mut rest = String::new();
            assert_eq!(fs::File::open("/dev/null").unwrap().read_to_string(&mut rest).unwrap(), 0);
        }
    }
}
