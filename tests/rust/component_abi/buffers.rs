//! The buffers that a thread keeps for values, and the lists that hold one item without memory of their own.

use trimaran::adapter::{Few, Received, spare};

#[test]
fn a_thread_keeps_buffers_of_usual_size() {
    let mut stream = spare::stream();
    stream.extend_from_slice(&[1; 100]);
    let place = stream.as_ptr();
    spare::keep_stream(stream);
    let again = spare::stream();
    assert_eq!((again.as_ptr(), again.len()), (place, 0));
    assert!(spare::stream().is_empty());
    // What is large is given back to the process.
    let large = Vec::<u8>::with_capacity(1 << 20);
    spare::keep_stream(large);
    assert_eq!(spare::stream().capacity(), 0);
    // Another thread has buffers of its own.
    spare::keep_stream(again);
    assert_eq!(std::thread::spawn(|| spare::stream().capacity()).join().unwrap(), 0);
}

#[test]
fn no_more_are_kept_than_a_thread_uses() {
    (0..100).for_each(|_| spare::keep_stream(vec![0; 8]));
    let kept = std::iter::repeat_with(spare::stream).take_while(|stream| stream.capacity() > 0).count();
    assert_eq!(kept, 4);
}

#[test]
fn what_was_received_is_given_back() {
    let mut received =
        Received { bytes: vec![7; 64], beside: vec![vec![7; 2048], vec![7; 1024]], resources: Vec::new() };
    let place = received.bytes.as_ptr();
    received.give_back();
    assert!(received.bytes.is_empty() && received.beside.is_empty());
    let again = spare::stream();
    assert_eq!(again.as_ptr(), place);
}

#[test]
fn a_few_items_are_a_list() {
    for count in 0..4 {
        let items: Vec<usize> = (0..count).collect();
        let few: Few<usize> = items.iter().copied().collect();
        assert_eq!(&few[..], &items[..]);
        assert_eq!(few.into_vec(), items);
    }
}
