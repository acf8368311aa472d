//! Lists behind which memory ends: who reads past one dies on the spot, every time.

use std::ops::{Deref, DerefMut};

/// As many items as given, and not a byte more.
pub struct Exact<T: Copy> {
    items: *mut T,
    count: usize,
    /// The whole stretch of memory and its length.
    #[cfg(target_os = "linux")]
    map: (*mut libc::c_void, usize),
}

#[cfg(target_os = "linux")]
impl<T: Copy> Exact<T> {
    /// A copy of the items, right before a page that cannot be touched.
    pub fn new(items: &[T]) -> Self {
        // SAFETY: asks for a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let bytes = size_of_val(items);
        let length = bytes.div_ceil(page) * page;
        // SAFETY: new memory of our own, of which the last page is made untouchable.
        let start = unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let start = libc::mmap(std::ptr::null_mut(), length + page, access, kind, -1, 0);
            assert_ne!(start, libc::MAP_FAILED, "no memory");
            assert_eq!(libc::mprotect(start.byte_add(length), page, libc::PROT_NONE), 0);
            start
        };
        // SAFETY: inside the memory; pages are aligned for everything, and so is a whole number of
        // items before one.
        let place = unsafe { start.byte_add(length - bytes) }.cast::<T>();
        // SAFETY: room for as many items as there are.
        unsafe { std::ptr::copy_nonoverlapping(items.as_ptr(), place, items.len()) };
        Self { items: place, count: items.len(), map: (start, length + page) }
    }
}

#[cfg(not(target_os = "linux"))]
impl<T: Copy> Exact<T> {
    /// A copy of the items, where a tool may notice that somebody reads past it.
    pub fn new(items: &[T]) -> Self {
        let (items, count) = (Box::<[T]>::from(items), items.len());
        Self { items: Box::into_raw(items).cast(), count }
    }
}

impl<T: Copy> Deref for Exact<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `count` items are there as long as `self`.
        unsafe { std::slice::from_raw_parts(self.items, self.count) }
    }
}

impl<T: Copy> DerefMut for Exact<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: `count` items are there as long as `self`, and nobody else has them.
        unsafe { std::slice::from_raw_parts_mut(self.items, self.count) }
    }
}

impl<T: Copy> Drop for Exact<T> {
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        // SAFETY: the memory of `new`, given back once.
        unsafe {
            libc::munmap(self.map.0, self.map.1);
        }
        #[cfg(not(target_os = "linux"))]
        // SAFETY: the box of `new`, given back once.
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(self.items, self.count)) });
    }
}
