//! From an inode to a path.
//!
//! An inode knows the directory that it lies in, and a directory the names of what lies in it: so a path is put together from its end. What has
//! lost its name is shown with the last one that it had, and what never had one as its filesystem says.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use lockorder::{Root, Task};

use crate::filesystem::{Inode, Label};
use crate::namespace::is_same;
use crate::walk::Start;

/// What is said of an inode that has lost its name.
const DELETED: &[u8] = b" (deleted)";

impl Start<'_> {
    /// The path of an inode from the root.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`] where it has been removed; [`Errno::ENOMEM`].
    pub fn path_of(&self, held: &mut Root<'_, Task>, inode: &Arc<dyn Inode>) -> Result<Vec<u8>> {
        let mut path: Vec<u8> = Vec::new();
        let mut here = Arc::clone(inode);
        while !is_same(&**self.root, &*here) {
            if let Some(covered) = self.namespace.covered_by(held, &*here) {
                here = covered;
                continue;
            }
            let parent = Arc::clone(&here).parent(held)?;
            if is_same(&*parent, &*here) {
                break;
            }
            let name = parent.name_of(held, &*here)?;
            let mut longer = Vec::new();
            longer.try_reserve(name.len() + 1 + path.len()).map_err(|_| Errno::ENOMEM)?;
            longer.push(b'/');
            longer.extend_from_slice(&name);
            longer.extend_from_slice(&path);
            path = longer;
            here = parent;
        }
        if path.is_empty() {
            path.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            path.push(b'/');
        }
        Ok(path)
    }

    /// What is shown of an inode: its path, the one that it had last, or what else its filesystem says.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`] where nothing is known of it; [`Errno::ENOMEM`].
    pub fn shown(&self, held: &mut Root<'_, Task>, inode: &Arc<dyn Inode>) -> Result<Vec<u8>> {
        let name = match inode.label(held) {
            None => return self.path_of(held, inode),
            Some(Label::Whole(text)) => return Ok(text),
            Some(Label::Lost(name)) => name,
        };
        let home = Arc::clone(inode).parent(held)?;
        let mut path = self.path_of(held, &home).unwrap_or_default();
        path.try_reserve(1 + name.len() + DELETED.len()).map_err(|_| Errno::ENOMEM)?;
        if path.last() != Some(&b'/') {
            path.push(b'/');
        }
        path.extend_from_slice(&name);
        path.extend_from_slice(DELETED);
        Ok(path)
    }
}
