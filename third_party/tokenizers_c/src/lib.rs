//! The C boundary of tokenizers_c.h, which holds the contract of each function.
//!
//! Every function runs its body under `guard`, so that neither an error nor a panic crosses into C.

#![allow(non_camel_case_types)] // the names of tokenizers_c.h

mod encode;

use std::any::Any;
use std::borrow::Cow;
use std::ffi::{c_char, c_int, c_void, CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;
use std::{ptr, slice};

use encode::{Batch, Loaded, Options};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct tokc_text {
    data: *const u8,
    size: usize,
}

#[repr(C)]
pub struct tokc_options {
    max_length: usize,
    add_special_tokens: c_int,
    pad: c_int,
}

/// The public fields point into `_batch`, which lives and dies with this struct.
#[repr(C)]
pub struct tokc_encoding {
    rows: usize,
    offsets: *const usize,
    lengths: *const usize,
    truncated: *const u8,
    ids: *const i64,
    mask: *const i64,
    type_ids: *const i64,
    _batch: Batch,
}

impl From<Batch> for Box<tokc_encoding> {
    fn from(batch: Batch) -> Self {
        Box::new(tokc_encoding {
            rows: batch.lengths.len(),
            offsets: batch.offsets.as_ptr(),
            lengths: batch.lengths.as_ptr(),
            truncated: batch.truncated.as_ptr(),
            ids: batch.ids.as_ptr(),
            mask: batch.mask.as_ptr(),
            type_ids: batch.type_ids.as_ptr(),
            _batch: batch, // moving the vectors does not move what they point to
        })
    }
}

#[no_mangle]
pub unsafe extern "C" fn tokc_load(path: *const c_char, error: *mut *mut c_char) -> *mut Loaded {
    guard(error, ptr::null_mut(), || {
        if path.is_null() {
            return Err("cannot load the tokenizer: no path given".to_owned());
        }
        let path = Path::new(OsStr::from_bytes(CStr::from_ptr(path).to_bytes()));
        Ok(Box::into_raw(Box::new(Loaded::from_file(path)?)))
    })
}

#[no_mangle]
pub unsafe extern "C" fn tokc_free(tokenizer: *mut Loaded) {
    if !tokenizer.is_null() {
        drop(Box::from_raw(tokenizer));
    }
}

#[no_mangle]
pub unsafe extern "C" fn tokc_encode(
    tokenizer: *const Loaded,
    first: *const tokc_text,
    second: *const tokc_text,
    count: usize,
    options: tokc_options,
    error: *mut *mut c_char,
) -> *mut tokc_encoding {
    guard(error, ptr::null_mut(), || {
        let first = texts(first, count);
        let second = if second.is_null() { None } else { Some(texts(second, count)) };
        let options = Options {
            max_length: options.max_length,
            add_special_tokens: options.add_special_tokens != 0,
            pad: options.pad != 0,
        };
        let batch = loaded(tokenizer)?.encode(&first, second.as_deref(), &options)?;
        Ok(Box::into_raw(batch.into()))
    })
}

#[no_mangle]
pub unsafe extern "C" fn tokc_encoding_free(encoding: *mut tokc_encoding) {
    if !encoding.is_null() {
        drop(Box::from_raw(encoding));
    }
}

#[no_mangle]
pub unsafe extern "C" fn tokc_count(
    tokenizer: *const Loaded,
    text: tokc_text,
    add_special_tokens: c_int,
    error: *mut *mut c_char,
) -> i64 {
    guard(error, -1, || {
        let count = loaded(tokenizer)?.count(&utf8(text), add_special_tokens != 0)?;
        i64::try_from(count).map_err(|e| e.to_string())
    })
}

#[no_mangle]
pub unsafe extern "C" fn tokc_decode(
    tokenizer: *const Loaded,
    ids: *const i64,
    count: usize,
    skip_special_tokens: c_int,
    size: *mut usize,
    error: *mut *mut c_char,
) -> *mut c_char {
    guard(error, ptr::null_mut(), || {
        let narrow = |&id: &i64| u32::try_from(id).map_err(|_| format!("cannot decode token id {id}: out of range"));
        let ids = elements(ids, count).iter().map(narrow).collect::<Result<Vec<u32>, _>>()?;
        let text = loaded(tokenizer)?.tokenizer.decode(&ids, skip_special_tokens != 0);
        let text = text.map_err(|e| format!("cannot decode {count} token ids: {e}"))?;
        if !size.is_null() {
            *size = text.len();
        }
        Ok(c_string(&text))
    })
}

#[no_mangle]
pub unsafe extern "C" fn tokc_string_free(text: *mut c_char) {
    free(text.cast());
}

#[no_mangle]
pub unsafe extern "C" fn tokc_token_id(tokenizer: *const Loaded, token: tokc_text) -> i64 {
    guard(ptr::null_mut(), -1, || {
        Ok(loaded(tokenizer)?.tokenizer.token_to_id(&utf8(token)).map_or(-1, i64::from))
    })
}

fn guard<T>(error: *mut *mut c_char, failed: T, body: impl FnOnce() -> Result<T, String>) -> T {
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| Err(panic_text(&*panic)));
    let (value, text) = match outcome {
        Ok(value) => (value, None),
        Err(text) => (failed, Some(text)),
    };
    if !error.is_null() {
        // Safety: the caller gives NULL or a place for one pointer.
        unsafe { *error = text.map_or(ptr::null_mut(), |text| c_string(&text)) };
    }
    value
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    format!("the tokenizer failed on this input: {text}")
}

extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
}

/// A NUL-terminated copy on C's heap: unlike Rust's, it can be freed without its length, which NULs inside would hide.
fn c_string(text: &str) -> *mut c_char {
    // Safety: `size + 1` bytes are written to an allocation of that size.
    unsafe {
        let copy = malloc(text.len() + 1).cast::<u8>();
        if !copy.is_null() {
            ptr::copy_nonoverlapping(text.as_ptr(), copy, text.len());
            *copy.add(text.len()) = 0;
        }
        copy.cast()
    }
}

unsafe fn loaded<'a>(tokenizer: *const Loaded) -> Result<&'a Loaded, String> {
    tokenizer.as_ref().ok_or_else(|| "no tokenizer given".to_owned())
}

unsafe fn utf8<'a>(text: tokc_text) -> Cow<'a, str> {
    String::from_utf8_lossy(elements(text.data, text.size))
}

unsafe fn texts<'a>(texts: *const tokc_text, count: usize) -> Vec<Cow<'a, str>> {
    elements(texts, count).iter().map(|&text| utf8(text)).collect()
}

/// A slice from C, where an empty array may be NULL.
unsafe fn elements<'a, T>(data: *const T, count: usize) -> &'a [T] {
    if data.is_null() || count == 0 {
        &[]
    } else {
        slice::from_raw_parts(data, count)
    }
}
