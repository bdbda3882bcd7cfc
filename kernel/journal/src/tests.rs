//! A log on a disk in memory: what a recovery sees after a commit, and after none.

use std::collections::BTreeMap;

use super::{Area, Block, Blocks, Device, Error, Failed, Journal, recover};

const SIZE: usize = 1024;
/// The log is behind the blocks that are changed.
const HOME: u32 = 100;
const LENGTH: u32 = 64;

/// A disk; what was written since the last flush is told apart.
#[derive(Clone)]
struct Disk {
    blocks: Vec<[u8; SIZE]>,
    unflushed: BTreeMap<u32, [u8; SIZE]>,
    failing: bool,
}

impl Disk {
    /// A disk with an empty log, as mke2fs writes its superblock.
    fn new() -> Self {
        let mut blocks = vec![[0; SIZE]; (HOME + LENGTH) as usize];
        let numbers = [0xC03B_3998, 4, 0, 1024, LENGTH, 1, 1, 0];
        for (at, number) in numbers.into_iter().enumerate() {
            blocks[HOME as usize][at * 4..at * 4 + 4].copy_from_slice(&u32::to_be_bytes(number));
        }
        Self { blocks, unflushed: BTreeMap::new(), failing: false }
    }

    /// What is there after a cut that loses everything since the last flush.
    fn cut(&self) -> Self {
        Self { unflushed: BTreeMap::new(), ..self.clone() }
    }
}

impl Device for Disk {
    fn blocks(&self) -> u32 {
        HOME + LENGTH
    }

    fn read(&mut self, block: Block, into: &mut [u8]) -> Result<(), Failed> {
        let written =
            self.unflushed.get(&block.0).or_else(|| self.blocks.get(block.0 as usize)).ok_or(Failed)?;
        into.copy_from_slice(written);
        Ok(())
    }

    fn write(&mut self, block: Block, from: &[u8]) -> Result<(), Failed> {
        if self.failing || block.0 >= self.blocks() {
            return Err(Failed);
        }
        self.unflushed.insert(block.0, from.try_into().expect("a block"));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failed> {
        if self.failing {
            return Err(Failed);
        }
        for (block, bytes) in std::mem::take(&mut self.unflushed) {
            self.blocks[block as usize] = bytes;
        }
        Ok(())
    }
}

fn area() -> Area {
    let mut area = Area::new();
    for number in HOME..HOME + LENGTH {
        area.push(Block(number)).expect("memory");
    }
    area
}

fn open(disk: &mut Disk) -> Journal {
    Journal::open(disk, area(), SIZE).expect("an empty log")
}

/// Fills a block in a change of its own.
fn fill(journal: &mut Journal, disk: &mut Disk, block: u32, with: u8) {
    journal.begin(disk, 1).unwrap().change(Block(block), |bytes| bytes.fill(with)).unwrap();
}

/// The first bytes of the blocks after a cut and a recovery.
fn recovered(disk: &Disk, blocks: &[u32]) -> Vec<u8> {
    let mut disk = disk.cut();
    recover(&mut disk, &area(), SIZE).expect("a log of ours");
    open(&mut disk);
    blocks.iter().map(|block| disk.blocks[*block as usize][9]).collect()
}

#[test]
fn what_is_committed_survives_and_what_is_not_never_was() {
    let mut disk = Disk::new();
    let mut journal = open(&mut disk);
    fill(&mut journal, &mut disk, 1, 7);
    assert_eq!(recovered(&disk, &[1]), [0]);
    journal.commit(&mut disk).unwrap();
    fill(&mut journal, &mut disk, 2, 8);
    assert_eq!(disk.blocks[1][9], 0, "nothing goes home before a checkpoint");
    assert_eq!(recovered(&disk, &[1, 2]), [7, 0]);
    let seen = journal.reading(&mut disk).read(Block(2), |bytes| bytes[9]);
    assert_eq!(seen, Ok(8));
}

#[test]
fn the_ring_goes_round() {
    let mut disk = Disk::new();
    let mut journal = open(&mut disk);
    for round in 0..100 {
        for block in 0..5 {
            fill(&mut journal, &mut disk, block + round % 9, u8::try_from(round).unwrap());
        }
        journal.commit(&mut disk).unwrap();
        let expected: Vec<u8> = vec![u8::try_from(round).unwrap(); 5];
        assert_eq!(recovered(&disk, &[0, 1, 2, 3, 4].map(|block| block + round % 9)), expected);
    }
}

#[test]
fn an_image_that_looks_like_the_log_is_escaped() {
    let mut disk = Disk::new();
    let mut journal = open(&mut disk);
    let magic = 0xC03B_3998_u32.to_be_bytes();
    journal
        .begin(&mut disk, 1)
        .unwrap()
        .change(Block(3), |bytes| bytes[..4].copy_from_slice(&magic))
        .unwrap();
    journal.commit(&mut disk).unwrap();
    let mut cut = disk.cut();
    recover(&mut cut, &area(), SIZE).unwrap();
    assert_eq!(cut.blocks[3][..4], magic);
}

#[test]
fn a_revoked_image_is_not_replayed() {
    let mut disk = Disk::new();
    let mut journal = open(&mut disk);
    fill(&mut journal, &mut disk, 4, 1);
    journal.commit(&mut disk).unwrap();
    let mut handle = journal.begin(&mut disk, 2).unwrap();
    handle.free_metadata(Block(4)).unwrap();
    handle.change(Block(5), |bytes| bytes.fill(2)).unwrap();
    assert!(!handle.reusable(Block(4)));
    assert!(handle.change(Block(4), |_| ()).is_err());
    drop(handle);
    journal.commit(&mut disk).unwrap();
    let mut handle = journal.begin(&mut disk, 1).unwrap();
    assert!(handle.reusable(Block(4)));
    handle.write_data(Block(4), &[9; SIZE]).unwrap();
    drop(handle);
    journal.commit(&mut disk).unwrap();
    assert_eq!(recovered(&disk, &[4, 5]), [9, 2]);
    journal.checkpoint(&mut disk).unwrap();
    assert_eq!(recovered(&disk, &[4, 5]), [9, 2]);
}

#[test]
fn a_cancelled_change_leaves_nothing() {
    let mut disk = Disk::new();
    let mut journal = open(&mut disk);
    fill(&mut journal, &mut disk, 1, 7);
    let mut handle = journal.begin(&mut disk, 1).unwrap();
    handle.change(Block(1), |bytes| bytes.fill(1)).unwrap();
    handle.change(Block(1), |bytes| bytes.fill(2)).unwrap();
    handle.fresh(Block(2), |bytes| bytes.fill(3)).unwrap();
    handle.free_metadata(Block(3)).unwrap();
    assert_eq!(handle.change(Block(6), |_| ()), Err(Error::Credits));
    handle.cancel();
    assert!(journal.begin(&mut disk, 1).unwrap().reusable(Block(3)));
    journal.commit(&mut disk).unwrap();
    assert_eq!(recovered(&disk, &[1, 2, 3]), [7, 0, 0]);
}

#[test]
fn more_credits_than_the_log_has_are_refused() {
    let mut disk = Disk::new();
    let mut journal = open(&mut disk);
    assert_eq!(journal.begin(&mut disk, 16).map(drop), Err(Error::Credits));
    for block in 0..60 {
        fill(&mut journal, &mut disk, block, 1);
    }
    journal.commit(&mut disk).unwrap();
    assert_eq!(recovered(&disk, &[0, 20, 59]), [1, 1, 1]);
}

#[test]
fn a_disk_that_fails_stops_the_journal() {
    let mut disk = Disk::new();
    let mut journal = open(&mut disk);
    fill(&mut journal, &mut disk, 1, 7);
    disk.failing = true;
    assert_eq!(journal.commit(&mut disk), Err(Error::Device));
    disk.failing = false;
    assert!(journal.is_aborted());
    assert_eq!(journal.begin(&mut disk, 1).map(drop), Err(Error::Aborted));
    assert_eq!(recovered(&disk, &[1]), [0]);
}

#[test]
fn a_log_that_is_in_use_or_strange_is_not_opened() {
    let mut disk = Disk::new();
    let mut journal = open(&mut disk);
    fill(&mut journal, &mut disk, 1, 7);
    journal.commit(&mut disk).unwrap();
    assert_eq!(Journal::open(&mut disk, area(), SIZE).map(drop), Err(Error::Unrecovered));
    let mut strange = Disk::new();
    strange.blocks[HOME as usize][43] = 0x10;
    assert_eq!(recover(&mut strange, &area(), SIZE), Err(Error::Unsupported("checksum_v3")));
    strange.blocks[HOME as usize][43] = 0;
    strange.blocks[HOME as usize][19] = 65;
    assert!(matches!(recover(&mut strange, &area(), SIZE), Err(Error::Malformed(_))));
}
