use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{Shutdown, TcpListener, TcpStream as Peer};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::send::COPIED;
use crate::{AT_ONCE, BulkError, CHUNK, LARGE, receive, send, send_at_once, send_while_fast};

/// Long enough for a busy machine: only a transfer that hangs reaches it.
const PATIENCE: Duration = Duration::from_secs(30);

/// So short that a peer that does nothing is given up soon.
const SHORT: Duration = Duration::from_millis(50);

/// A connection, whose other end a thread of its own plays.
#[allow(clippy::unused_async)] // a tokio stream can only be made inside its runtime
async fn joined<T: Send + 'static>(
    peer: impl FnOnce(Peer) -> T + Send + 'static,
) -> (TcpStream, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || peer(Peer::connect(addr).unwrap()));
    let (stream, _) = listener.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    (TcpStream::from_std(stream).unwrap(), thread)
}

/// Bytes that are not the same when one is missing.
fn bytes(count: usize) -> Vec<u8> {
    let mut bytes = (0..251).collect::<Vec<u8>>().repeat(count / 251 + 1);
    bytes.truncate(count);
    bytes
}

fn file(contents: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(contents).unwrap();
    file
}

fn contents(mut file: &File) -> Vec<u8> {
    let mut found = Vec::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_end(&mut found).unwrap();
    found
}

fn read_all(mut peer: Peer) -> Vec<u8> {
    let mut found = Vec::new();
    peer.read_to_end(&mut found).unwrap();
    found
}

#[tokio::test]
async fn every_size_arrives_whole_either_way() {
    let large = usize::try_from(LARGE).unwrap();
    for size in [0, 1, CHUNK, large - 1, large, large + 1, 3 * AT_ONCE + 4567] {
        for to in [None, Some(size as u64)] {
            let (stream, peer) = joined(read_all).await;
            let moved = AtomicU64::new(0);
            send(&stream, &file(&bytes(size)), 0, to, PATIENCE, &moved)
                .await
                .unwrap();
            drop(stream);
            assert_eq!(peer.join().unwrap(), bytes(size), "{size} {to:?}");
            assert_eq!(moved.into_inner(), size as u64);
        }
        let (stream, peer) = joined(move |mut peer| peer.write_all(&bytes(size)).unwrap()).await;
        let (target, moved) = (tempfile::tempfile().unwrap(), AtomicU64::new(0));
        receive(&stream, &target, PATIENCE, &moved).await.unwrap();
        peer.join().unwrap();
        assert_eq!(contents(&target), bytes(size), "{size}");
        assert_eq!(moved.into_inner(), size as u64);
    }
}

/// A connection outside any runtime, whose other end a thread of its own plays.
fn plainly_joined<T: Send + 'static>(
    peer: impl FnOnce(Peer) -> T + Send + 'static,
) -> (Peer, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || peer(Peer::connect(addr).unwrap()));
    let (stream, _) = listener.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    (stream, thread)
}

#[test]
fn a_small_file_goes_at_once_and_a_large_one_not() {
    let whole = file(&bytes(1000));
    let (stream, peer) = plainly_joined(read_all);
    assert_eq!(send_at_once(&stream, &whole, 10, 1000).unwrap(), 990);
    // The file ends before the bytes that were asked for.
    assert_eq!(send_at_once(&stream, &whole, 1000, 2000).unwrap(), 0);
    assert_eq!(send_at_once(&stream, &whole, 0, LARGE + 1).unwrap(), 0);
    drop(stream);
    assert_eq!(peer.join().unwrap(), bytes(1000)[10..]);
}

#[test]
fn what_goes_at_once_is_whole_once_the_connection_is_closed() {
    for size in [1, COPIED - 1, COPIED, COPIED + 1, CHUNK] {
        let (stream, peer) = plainly_joined(read_all);
        let (whole, mut sent) = (file(&bytes(size)), 0);
        // A connection is rarely so full that it takes less than all.
        while sent < size as u64 {
            sent += send_at_once(&stream, &whole, sent, size as u64).unwrap();
        }
        drop(stream);
        assert_eq!(peer.join().unwrap(), bytes(size), "{size}");
    }
}

#[test]
fn a_fast_peer_is_sent_everything_by_one_thread() {
    let size = 40 * AT_ONCE + 4567;
    let (stream, peer) = plainly_joined(read_all);
    let (whole, moved) = (file(&bytes(size)), AtomicU64::new(0));
    let mut reached = 3;
    // A busy machine may make the peer look slow for a while.
    while reached < size as u64 {
        let before = reached;
        reached = send_while_fast(&stream, &whole, before, size as u64, &moved, || false).unwrap();
    }
    assert_eq!(moved.into_inner(), size as u64 - 3);
    drop(stream);
    assert_eq!(peer.join().unwrap(), bytes(size)[3..]);
}

#[tokio::test]
async fn a_slow_peer_gives_its_thread_back_and_is_sent_the_rest() {
    let size = 32 * AT_ONCE;
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (stream, peer) = plainly_joined(move |peer| {
        wait.recv().unwrap();
        read_all(peer)
    });
    let (whole, moved, to) = (file(&bytes(size)), AtomicU64::new(0), size as u64);
    let reached = send_while_fast(&stream, &whole, 0, to, &moved, || false).unwrap();
    assert!(reached < to);
    assert_eq!(moved.load(Ordering::Relaxed), reached);
    go.send(()).unwrap();
    let stream = TcpStream::from_std(stream).unwrap();
    send(&stream, &whole, reached, Some(to), PATIENCE, &moved)
        .await
        .unwrap();
    drop(stream);
    assert_eq!(moved.into_inner(), to);
    assert_eq!(peer.join().unwrap(), bytes(size));
}

#[test]
fn a_thread_stops_when_told_and_when_the_file_or_the_peer_is_gone() {
    let size = 8 * AT_ONCE as u64;
    let (stream, peer) = plainly_joined(drop);
    let whole = file(&bytes(8 * AT_ONCE));
    let moved = AtomicU64::new(0);
    let stopped = send_while_fast(&stream, &whole, 0, size, &moved, || true);
    assert_eq!(stopped.unwrap(), 0);
    peer.join().unwrap();
    let mut sent = Ok(0);
    while let Ok(reached) = sent {
        assert!(reached < size, "a peer that is gone took everything");
        sent = send_while_fast(&stream, &whole, reached, size, &moved, || false);
    }
    assert!(matches!(sent, Err(BulkError::Connection(_))), "{sent:?}");

    let (stream, peer) = plainly_joined(read_all);
    let sent = send_while_fast(&stream, &whole, size, size + 1, &moved, || false);
    assert!(matches!(sent, Err(BulkError::Shortened)), "{sent:?}");
    drop(stream);
    assert!(peer.join().unwrap().is_empty());
}

#[tokio::test]
async fn a_part_of_a_file_is_sent_even_if_it_grows() {
    let size = 2 * AT_ONCE;
    let mut growing = file(&bytes(size));
    let (stream, peer) = joined(read_all).await;
    let to = Some(size as u64);
    growing.write_all(b"more").unwrap();
    send(&stream, &growing, 1000, to, PATIENCE, &AtomicU64::new(0))
        .await
        .unwrap();
    drop(stream);
    assert_eq!(peer.join().unwrap(), bytes(size)[1000..]);
}

#[tokio::test]
async fn a_file_that_shrank_is_no_whole_file() {
    let (stream, peer) = joined(read_all).await;
    let shrunk = file(&bytes(AT_ONCE));
    let to = Some(2 * AT_ONCE as u64);
    let sent = send(&stream, &shrunk, 0, to, PATIENCE, &AtomicU64::new(0)).await;
    assert!(matches!(sent, Err(BulkError::Shortened)), "{sent:?}");
    drop(stream);
    assert_eq!(peer.join().unwrap(), bytes(AT_ONCE));
}

#[tokio::test]
async fn bytes_go_where_the_file_stands() {
    let (stream, peer) = joined(|mut peer| peer.write_all(&bytes(AT_ONCE)).unwrap()).await;
    let mut target = file(b"0123456789");
    target.seek(SeekFrom::Start(4)).unwrap();
    receive(&stream, &target, PATIENCE, &AtomicU64::new(0))
        .await
        .unwrap();
    peer.join().unwrap();
    assert_eq!(contents(&target), [b"0123", &bytes(AT_ONCE)[..]].concat());
}

/// The kernel does not splice into such a file.
#[tokio::test]
async fn a_file_opened_for_appending_is_appended_to() {
    let size = 3 * AT_ONCE;
    let (stream, peer) = joined(move |mut peer| peer.write_all(&bytes(size)).unwrap()).await;
    let named = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(named.path(), b"old").unwrap();
    let target = File::options().append(true).open(named.path()).unwrap();
    receive(&stream, &target, PATIENCE, &AtomicU64::new(0))
        .await
        .unwrap();
    peer.join().unwrap();
    assert_eq!(
        contents(named.as_file()),
        [b"old", &bytes(size)[..]].concat()
    );
}

/// The kernel does not `sendfile` out of such a file, nor splice into it.
#[tokio::test]
async fn a_device_is_read_and_written() {
    let (stream, peer) = joined(read_all).await;
    let zero = File::open("/dev/zero").unwrap();
    let to = Some(2 * AT_ONCE as u64);
    send(&stream, &zero, 0, to, PATIENCE, &AtomicU64::new(0))
        .await
        .unwrap();
    drop(stream);
    assert_eq!(peer.join().unwrap(), vec![0; 2 * AT_ONCE]);
}

#[tokio::test]
async fn a_full_disk_is_named() {
    for size in [10, 2 * AT_ONCE] {
        let (stream, peer) = joined(move |mut peer| {
            // Cut off when the other side gives up.
            let _ = peer.write_all(&bytes(size));
        })
        .await;
        let full = File::options().write(true).open("/dev/full").unwrap();
        let received = receive(&stream, &full, PATIENCE, &AtomicU64::new(0)).await;
        assert!(
            matches!(&received, Err(BulkError::Write(error))
                if error.kind() == io::ErrorKind::StorageFull),
            "{received:?}"
        );
        drop(stream);
        peer.join().unwrap();
    }
}

#[tokio::test]
async fn a_peer_that_does_nothing_is_given_up() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let (stream, peer) = joined(move |_peer| wait.recv()).await;
    let source = file(&bytes(32 * AT_ONCE));
    let moved = AtomicU64::new(0);
    let sent = send(&stream, &source, 0, None, SHORT, &moved).await;
    assert!(matches!(sent, Err(BulkError::Stalled)), "{sent:?}");
    assert!(moved.load(Ordering::Relaxed) < 32 * AT_ONCE as u64);
    let received = receive(&stream, &source, SHORT, &moved).await;
    assert!(matches!(received, Err(BulkError::Stalled)), "{received:?}");
    drop(done);
    assert!(peer.join().unwrap().is_err());
}

#[tokio::test]
async fn a_peer_that_vanishes_is_noticed() {
    // Closing with bytes unread resets the connection.
    let (stream, peer) = joined(|mut peer| peer.read_exact(&mut [0; 1000]).unwrap()).await;
    let source = file(&bytes(32 * AT_ONCE));
    let sent = send(&stream, &source, 0, None, PATIENCE, &AtomicU64::new(0)).await;
    assert!(matches!(sent, Err(BulkError::Connection(_))), "{sent:?}");
    peer.join().unwrap();

    let (stream, peer) = joined(|mut peer| {
        peer.write_all(&bytes(4 * AT_ONCE)).unwrap();
        peer.read_exact(&mut [0; 1]).unwrap();
    })
    .await;
    stream.writable().await.unwrap();
    stream.try_write(b"two").unwrap();
    let target = tempfile::tempfile().unwrap();
    let received = receive(&stream, &target, PATIENCE, &AtomicU64::new(0)).await;
    assert!(
        matches!(received, Err(BulkError::Connection(_))),
        "{received:?}"
    );
    peer.join().unwrap();
}

#[tokio::test]
async fn the_end_of_the_peer_is_not_the_end_of_ours() {
    let (stream, peer) = joined(|mut peer| {
        peer.write_all(b"up").unwrap();
        peer.shutdown(Shutdown::Write).unwrap();
        read_all(peer)
    })
    .await;
    let target = tempfile::tempfile().unwrap();
    let moved = AtomicU64::new(0);
    receive(&stream, &target, PATIENCE, &moved).await.unwrap();
    send(&stream, &target, 0, None, PATIENCE, &moved)
        .await
        .unwrap();
    drop(stream);
    assert_eq!(peer.join().unwrap(), b"up");
    assert_eq!(moved.into_inner(), 4);
}
