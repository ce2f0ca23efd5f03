//! Files and folders of a site are its owner's alone: they hold everything.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

/// Makes a folder and those above it; one that is there stays as it is.
pub(crate) fn folder(at: &Path) -> io::Result<()> {
    let mut make = fs::DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.create(at)
}

/// A new file; one that is there is an error.
pub(crate) fn create_new(at: &Path) -> io::Result<File> {
    options().create_new(true).open(at)
}

/// A file to write, made where it is missing; what is in it stays.
pub(crate) fn open(at: &Path) -> io::Result<File> {
    let file = options().create(true).truncate(false).open(at)?;
    keep(at)?;
    Ok(file)
}

/// Makes a file where it is missing, without opening one that is there: closing it would let go
/// of the locks that SQLite holds on it in this process.
pub(crate) fn made(at: &Path) -> io::Result<()> {
    match create_new(at) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => keep(at),
        other => other.map(|_| ()),
    }
}

fn options() -> OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Takes a file from everybody but its owner.
pub(crate) fn keep(at: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(at, fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = at;
    Ok(())
}
