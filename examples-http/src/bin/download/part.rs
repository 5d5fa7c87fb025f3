//! A file that has arrived in part. The functions that return an `io::Result`
//! block the thread: call them in `spawn_blocking`.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::Url;
use same_file::Handle;

/// The file `TARGET.part`, which is renamed when it is complete. Dropping a
/// `Part` deletes its file, unless a later run can continue it.
pub struct Part {
    target: PathBuf,
    path: PathBuf,
    /// `None` until it is needed. The `Arc` lets `append` hold the file without
    /// a borrow of `self`.
    file: Option<Arc<File>>,
    pub size: u64,
    /// The size of the complete file, if the server tells it.
    pub total: Option<u64>,
    /// The version of the file, as the server names it.
    etag: Option<String>,
    /// `TARGET.part.etag` holds the ETag, and where the file came from.
    etag_path: PathBuf,
    is_etag_saved: bool,
    /// The URL without password and query: these may differ in the next run.
    source: String,
    sync: bool,
    pub is_finished: bool,
}

impl Part {
    /// Looks for what an earlier run has left. `None` if the target is there.
    pub fn find(target: PathBuf, url: &Url, sync: bool) -> io::Result<Option<Self>> {
        if target.try_exists()? {
            return Ok(None);
        }
        let mut part = Self {
            path: with_suffix(&target, ".part"),
            file: None,
            size: 0,
            total: None,
            etag: None,
            etag_path: with_suffix(&target, ".part.etag"),
            is_etag_saved: false,
            source: url.origin().ascii_serialization() + url.path(),
            sync,
            is_finished: false,
            target,
        };
        if let Ok(text) = fs::read_to_string(&part.etag_path) {
            part.is_etag_saved = true;
            let (etag, source) = text.split_once('\n').unwrap_or_default();
            if source == part.source {
                part.etag = Some(etag.into());
                part.size = part.open()?.metadata()?.len();
            }
        }
        Ok(Some(part))
    }

    /// The version and the size of the part, if there is something to continue.
    pub fn to_continue(&self) -> Option<(&str, u64)> {
        let etag = self.etag.as_deref().filter(|_| self.size > 0);
        Some((etag?, self.size))
    }

    /// Begins anew, with a version that can be continued if it has an ETag.
    pub fn restart(&mut self, etag: Option<&str>, total: Option<u64>) {
        self.size = 0;
        self.total = total;
        self.etag = etag.map(String::from);
    }

    /// Appends a piece. After the last one, the file gets its name.
    pub fn append(&mut self, piece: &[u8]) -> io::Result<()> {
        let mut file = self.open()?;
        if self.size == 0 {
            self.clear(&file)?;
        } else if let (Some(etag), false) = (&self.etag, self.is_etag_saved) {
            // Save the ETag only with the second piece. A file that arrives in
            // one piece is complete and never continued.
            fs::write(&self.etag_path, format!("{etag}\n{}", self.source))?;
            self.is_etag_saved = true;
        }
        file.write_all(piece)?;
        self.size += piece.len() as u64;
        if self.total == Some(self.size) {
            self.finish()?;
        }
        Ok(())
    }

    /// Renames the complete file to its target.
    pub fn finish(&mut self) -> io::Result<()> {
        let file = self.open()?;
        if self.size == 0 {
            self.clear(&file)?;
        }
        if self.sync {
            // Otherwise the target may be empty or short after a power failure.
            file.sync_all()?;
        }
        fs::rename(&self.path, &self.target)?;
        self.is_finished = true;
        self.remove_etag()?;
        // This also unlocks it.
        self.file = None;
        Ok(())
    }

    fn open(&mut self) -> io::Result<Arc<File>> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => Arc::new(self.open_and_lock()?),
        };
        self.file = Some(Arc::clone(&file));
        Ok(file)
    }

    fn open_and_lock(&self) -> io::Result<File> {
        let file = File::options().append(true).create(true).open(&self.path)?;
        let is_ours = match file.try_lock() {
            // Before the lock, another program may have renamed or deleted it.
            Ok(()) => {
                let locked = Handle::from_file(file.try_clone()?)?;
                Handle::from_path(&self.path).is_ok_and(|named| named == locked)
            }
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(error)) => return Err(error),
        };
        if !is_ours {
            return Err(io::Error::other("another program is downloading it"));
        }
        Ok(file)
    }

    /// Removes what has been there before.
    fn clear(&mut self, file: &File) -> io::Result<()> {
        if file.metadata()?.len() > 0 {
            file.set_len(0)?;
        }
        // The ETag is removed last. If the program crashes before, the file is
        // empty, and an empty file is not continued.
        self.remove_etag()
    }

    fn remove_etag(&mut self) -> io::Result<()> {
        if self.is_etag_saved {
            fs::remove_file(&self.etag_path)?;
            self.is_etag_saved = false;
        }
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let can_continue = self.is_etag_saved && self.to_continue().is_some();
        // A file that is not open may belong to another program.
        if self.file.is_some() && !self.is_finished && !can_continue {
            let _ = fs::remove_file(&self.path);
            let _ = fs::remove_file(&self.etag_path);
        }
    }
}

/// The last segment of the path, not decoded. `None` if it leads out of the
/// directory, as `..` does, or is the name of another file's part.
pub fn file_name(url: &Url) -> Option<&str> {
    let name = url.path_segments()?.next_back()?;
    let is_part = [".part", ".part.etag"].iter().any(|it| name.ends_with(it));
    (Path::new(name).file_name()? == name && !is_part).then_some(name)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = OsString::from(path);
    path.push(suffix);
    path.into()
}
