// Reads and writes as much JSON as a plugin's arguments and results need, in text that grows. Arguments are well formed
// and satisfy the tool's schema: the host has checked them. Nothing is freed: an instance of a plugin lives for one call.

#ifndef JSON_H
#define JSON_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Text that grows. It ends with a zero byte, which `length` does not count, once something was added.
typedef struct {
    char *at;
    size_t length;
} text;

static void text_add(text *to, const void *bytes, size_t length) {
    to->at = (char *)realloc(to->at, to->length + length + 1);
    memcpy(to->at + to->length, bytes, length);
    to->length += length;
    to->at[to->length] = '\0';
}

__attribute__((format(printf, 2, 3))) static void text_print(text *to, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    to->at = (char *)realloc(to->at, to->length + (size_t)length + 1);
    to->length += (size_t)vsnprintf(to->at + to->length, (size_t)length + 1, format, again);
    va_end(arguments);
    va_end(again);
}

// Adds a string as JSON, in quotes.
static void json_add_string(text *to, const void *bytes, size_t length) {
    text_add(to, "\"", 1);
    for (const unsigned char *at = (const unsigned char *)bytes, *end = at + length; at < end; at++) {
        if (*at < 0x20)
            text_print(to, "\\u%04x", *at);
        else if (*at == '"' || *at == '\\')
            text_print(to, "\\%c", *at);
        else
            text_add(to, at, 1);
    }
    text_add(to, "\"", 1);
}

static const char *json_skip_space(const char *at) { return at + strspn(at, " \t\r\n"); }

static const char *json_skip_string(const char *at) {
    for (at++; *at != '\0' && *at != '"'; at++)
        if (*at == '\\') at++;
    return at + 1;
}

// Returns the start of the value of an object's member, or NULL if the object has no such member.
static const char *json_member(const char *at, const char *name) {
    for (int depth = 0; *at != '\0'; at++) {
        if (*at == '{' || *at == '[') depth++;
        if (*at == '}' || *at == ']') depth--;
        if (*at != '"') continue;
        const char *key = at + 1, *after = json_skip_string(at), *colon = json_skip_space(after);
        size_t length = (size_t)(after - 1 - key);
        if (depth == 1 && *colon == ':' && length == strlen(name) && memcmp(key, name, length) == 0)
            return json_skip_space(colon + 1);
        at = after - 1;
    }
    return NULL;
}

static unsigned json_hex(const char *at) {
    char digits[5] = {at[0], at[1], at[2], at[3], '\0'};
    return (unsigned)strtoul(digits, NULL, 16);
}

static void json_add_code_point(text *to, unsigned code) {
    static const unsigned char first[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    unsigned char utf8[4];
    for (size_t i = length - 1; i > 0; i--, code >>= 6) utf8[i] = (unsigned char)(0x80 | (code & 0x3F));
    utf8[0] = (unsigned char)(first[length] | code);
    text_add(to, utf8, length);
}

// Returns the string that begins at `at`, without quotes and escapes.
static text json_string(const char *at) {
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    text string = {0};
    text_add(&string, "", 0);
    for (at++; *at != '"'; at++) {
        if (*at != '\\') {
            text_add(&string, at, 1);
        } else if (*++at != 'u') {
            text_add(&string, strchr(escapes, *at) + 1, 1);
        } else {
            unsigned code = json_hex(at + 1);
            at += 4;
            if (code >= 0xD800 && code < 0xDC00) {
                code = 0x10000 + ((code - 0xD800) << 10) + (json_hex(at + 3) - 0xDC00);
                at += 6;
            }
            json_add_code_point(&string, code);
        }
    }
    return string;
}

#endif
