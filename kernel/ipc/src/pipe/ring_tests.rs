use std::collections::VecDeque;

use super::{Buffer, Line, Refusal, Ring, SIZE};

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.below(256).to_le_bytes()[0]).collect()
    }
}

/// Takes out up to `most` bytes, as a reader does.
fn read(ring: &mut Ring, most: usize) -> Vec<u8> {
    let mut taken = Vec::new();
    while taken.len() < most && !ring.first().is_empty() {
        let first = ring.first();
        let part = first.len().min(most - taken.len());
        taken.extend_from_slice(&first[..part]);
        ring.consume(part);
    }
    taken
}

fn filled(bytes: &[u8]) -> Buffer {
    let mut buffer = Buffer::new().expect("there is memory");
    buffer.part_mut(0, bytes.len()).copy_from_slice(bytes);
    buffer
}

#[test]
fn bytes_come_out_as_they_went_in() {
    for seed in 0..40 {
        let mut numbers = Numbers(seed);
        let most = 1 + numbers.below(5);
        let mut ring = Ring::new(most).expect("there is memory");
        let mut model = VecDeque::new();
        for _ in 0..2000 {
            let scale = [10, 600, SIZE][numbers.below(3)];
            let length = 1 + numbers.below(scale);
            match numbers.below(5) {
                0 => {
                    let bytes = numbers.bytes(length);
                    let fits = length <= ring.room();
                    assert_eq!(ring.append(&bytes), if fits { Ok(()) } else { Err(Refusal::Full) });
                    if fits {
                        model.extend(bytes);
                    }
                }
                1 => {
                    let bytes = numbers.bytes(length);
                    let fits = length <= ring.room();
                    assert_eq!(ring.put(filled(&bytes), length, length.is_multiple_of(2)).is_ok(), fits);
                    if fits {
                        model.extend(bytes);
                    }
                }
                2 if numbers.below(20) == 0 => {
                    let line = Line::new(1 + numbers.below(6)).expect("there is memory");
                    let _ = ring.resize(line);
                }
                _ => {
                    let expected: Vec<u8> = model.drain(..length.min(model.len())).collect();
                    assert_eq!(read(&mut ring, length), expected);
                }
            }
            assert_eq!(ring.bytes(), model.len());
            assert!(model.len() + ring.room() <= ring.capacity());
            assert_eq!(ring.first().is_empty(), model.is_empty());
            assert!(!model.is_empty() || ring.room() == ring.capacity());
        }
    }
}

#[test]
fn single_bytes_and_whole_buffers_fill_it_to_the_last_byte() {
    let mut ring = Ring::new(3).expect("there is memory");
    let mut count = 0;
    while ring.append(b"x").is_ok() {
        count += 1;
    }
    assert_eq!((count, ring.room()), (3 * SIZE, 0));
    assert_eq!(read(&mut ring, usize::MAX).len(), 3 * SIZE);
    for _ in 0..3 {
        assert!(ring.put(filled(&[7; SIZE]), SIZE, true).is_ok());
    }
    assert!(ring.put(filled(&[7; SIZE]), SIZE, false).is_err());
}

#[test]
fn a_slot_is_free_when_its_last_byte_is_taken() {
    let mut ring = Ring::new(1).expect("there is memory");
    ring.append(&[1; SIZE]).expect("there is room");
    assert!(!ring.consume(SIZE - 1));
    assert_eq!(ring.room(), 0);
    assert!(ring.consume(1));
    assert!(!ring.consume(1));
    assert_eq!(ring.room(), SIZE);
}

#[test]
fn an_empty_buffer_is_used_again() {
    let mut ring = Ring::new(2).expect("there is memory");
    ring.append(b"one").expect("there is room");
    let place = ring.first().as_ptr();
    ring.consume(3);
    ring.append(b"two").expect("there is room");
    assert_eq!(ring.first().as_ptr(), place);
    assert_eq!(ring.first(), b"two");
}

#[test]
fn it_does_not_become_smaller_than_what_is_in_it() {
    let mut ring = Ring::new(4).expect("there is memory");
    for _ in 0..3 {
        ring.append(&[5; SIZE]).expect("there is room");
    }
    assert!(ring.resize(Line::new(2).expect("there is memory")).is_err());
    assert!(ring.resize(Line::new(3).expect("there is memory")).is_ok());
    assert_eq!((ring.capacity(), ring.room(), ring.bytes()), (3 * SIZE, 0, 3 * SIZE));
    assert_eq!(read(&mut ring, usize::MAX), vec![5; 3 * SIZE]);
}
