//! A line that misbehaves, between a branch and head office, in the test (the kernel here has no netem). It cuts
//! connections after some bytes, swallows what comes back, stalls, delays, and is down altogether for a while. TLS runs
//! through it, so that doubling and reordering are what both sides make of it: calls that are made again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The line; its trouble is set from 0 (good) to 100 (down).
pub struct Chaos {
    pub address: SocketAddr,
    trouble: watch::Sender<u32>,
    pub connections: Arc<AtomicU64>,
    pub cut: Arc<AtomicU64>,
}

impl Chaos {
    /// A line to `to`; `seed` decides.
    pub async fn start(to: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let chaos = Self {
            address: listener.local_addr().unwrap(),
            trouble: watch::Sender::new(0),
            connections: Arc::default(),
            cut: Arc::default(),
        };
        let (trouble, connections, cut) =
            (chaos.trouble.subscribe(), Arc::clone(&chaos.connections), Arc::clone(&chaos.cut));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let n = connections.fetch_add(1, Ordering::Relaxed);
                let fate = Fate::of(seed ^ n.wrapping_mul(0x9e37_79b9_7f4a_7c15), *trouble.borrow());
                let (cut, mut trouble) = (Arc::clone(&cut), trouble.clone());
                tokio::spawn(async move {
                    if let Fate::Down = fate {
                        return;
                    }
                    let Ok(far) = TcpStream::connect(to).await else { return };
                    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                    let limits = match fate {
                        Fate::Good | Fate::Down => (u64::MAX, u64::MAX),
                        Fate::CutUp(bytes) => (bytes, u64::MAX),
                        Fate::CutDown(bytes) => (u64::MAX, bytes),
                    };
                    let slow = if let Fate::Good = fate { 0 } else { 3 };
                    tokio::select! {
                        _ = trouble.wait_for(|t| *t >= 100) => 0,
                        ended = pass(near_in, far_out, limits.0, slow) => cut.fetch_add(ended.into(), Ordering::Relaxed),
                        ended = pass(far_in, near_out, limits.1, slow) => cut.fetch_add(ended.into(), Ordering::Relaxed),
                    };
                });
            }
        });
        chaos
    }

    pub fn trouble(&self, percent: u32) {
        self.trouble.send_replace(percent);
    }
}

/// What becomes of a connection.
enum Fate {
    Good,
    Down,
    /// Ends after so many bytes to head office, or from it.
    CutUp(u64),
    CutDown(u64),
}

impl Fate {
    fn of(seed: u64, trouble: u32) -> Self {
        let mut z = seed ^ (seed >> 30);
        z = z.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z ^= z >> 27;
        let (dice, kind, bytes) = (z % 100, (z >> 8) % 5, (z >> 16) % 60_000);
        if trouble >= 100 {
            return Self::Down;
        }
        if dice >= u64::from(trouble) {
            return Self::Good;
        }
        match kind {
            0 => Self::Down,
            1 | 2 => Self::CutUp(bytes),
            // What comes back is small: cut it where the answers are.
            _ => Self::CutDown(bytes % 6_000),
        }
    }
}

/// Passes bytes on until either side ends or the limit is reached (then `true`).
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    limit: u64,
    slow_ms: u64,
) -> bool {
    let (mut passed, mut bytes) = (0u64, [0; 8192]);
    while let Ok(n @ 1..) = from.read(&mut bytes).await {
        let n = n.min((limit - passed) as usize);
        tokio::time::sleep(Duration::from_millis(slow_ms)).await;
        if to.write_all(&bytes[..n]).await.is_err() {
            return false;
        }
        passed += n as u64;
        if passed >= limit {
            return true;
        }
    }
    false
}
