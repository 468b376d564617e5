//! The least HTTP/1.1 client that can measure: one kept-alive connection, one request at a time, no pool, no runtime.
//! What it costs itself is in the baseline as well.

use anyhow::{Context, bail, ensure};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A server that does not answer within this is taken for dead.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to a server on this machine.
pub struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("cannot reach {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, address, buffer: Vec::with_capacity(1 << 16) })
    }

    /// Sends a request and reads the answer whole: how long it took, and its body.
    pub fn request(&mut self, line: &str, body: &str) -> anyhow::Result<(Duration, &[u8])> {
        let request = format!(
            "{line} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.buffer.clear();
        let begun = Instant::now();
        self.stream.write_all(request.as_bytes())?;
        let (head, length) = loop {
            self.read()?;
            if let Some(end) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break (end + 4, content_length(&self.buffer[..end])?);
            }
        };
        while self.buffer.len() < head + length {
            self.read()?;
        }
        let took = begun.elapsed();
        ensure!(
            self.buffer.starts_with(b"HTTP/1.1 200"),
            "{line}: {}",
            String::from_utf8_lossy(&self.buffer)
        );
        Ok((took, &self.buffer[head..]))
    }

    fn read(&mut self) -> anyhow::Result<()> {
        let mut some = [0; 1 << 16];
        match self.stream.read(&mut some).context("the answer did not come")? {
            0 => bail!("the server closed the connection"),
            n => self.buffer.extend_from_slice(&some[..n]),
        }
        Ok(())
    }
}

fn content_length(head: &[u8]) -> anyhow::Result<usize> {
    let head = std::str::from_utf8(head).context("the answer's head is not text")?;
    let value = head.lines().find_map(|l| {
        let (name, value) = l.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    value.context("the answer has no length")?.trim().parse().context("the answer's length is no number")
}

#[cfg(test)]
mod tests {
    use super::content_length;

    #[test]
    fn the_length_is_found_whatever_its_case() {
        assert_eq!(content_length(b"HTTP/1.1 200 OK\r\nContent-Length: 42\r\nx: y").unwrap(), 42);
        assert!(content_length(b"HTTP/1.1 200 OK\r\nx: y").is_err());
    }
}
