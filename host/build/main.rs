//! Makes what the host includes: the files of new plugin projects (`copies`), and the list of the first-party plugins' machine
//! code (`bundle`).

mod bundle;
mod copies;

fn main() -> copies::Result<()> {
    copies::main()?;
    bundle::main()
}
