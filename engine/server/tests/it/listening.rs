//! The socket: a real connection, and the orderly end.

use crate::house::house;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

fn ask(to: SocketAddr, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    // A server that has heard enough may stop reading.
    let _ = stream.write_all(body);
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers_on_a_port_and_stops_in_order() {
    let house = house().await;
    let listen = "127.0.0.1:0".parse().unwrap();
    let options = server::Options {
        notice: Duration::from_millis(800),
        ..Default::default()
    };
    let running = server::start(house.site.clone(), listen, options)
        .await
        .unwrap();
    let address = running.address;
    let health = move || ask(address, &get("/api/health"), b"");
    assert!(health().starts_with("HTTP/1.1 200"));
    let idle = TcpStream::connect(address).unwrap();
    let stopping = tokio::spawn(running.stop());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let seen = tokio::task::spawn_blocking(health).await.unwrap();
    assert!(seen.starts_with("HTTP/1.1 503"), "{seen}");
    assert!(seen.contains("stopping"), "{seen}");
    let began = Instant::now();
    assert!(stopping.await.unwrap(), "something did not finish");
    // A connection that asks nothing does not hold it up.
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(TcpStream::connect(address).is_err());
    drop(idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_is_refused_in_words_the_sender_can_read() {
    let house = house().await;
    let listen = "127.0.0.1:0".parse().unwrap();
    let running = server::start(house.site.clone(), listen, Default::default())
        .await
        .unwrap();
    let address = running.address;
    let size = 50 << 20;
    let head = format!(
        "POST /api/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {size}\r\nconnection: close\r\n\r\n"
    );
    let text = tokio::task::spawn_blocking(move || ask(address, &head, &vec![b' '; size]));
    let text = text.await.unwrap();
    assert!(text.starts_with("HTTP/1.1 413"), "{text:.200}");
    assert!(text.contains("body_too_large"));
    running.stop().await;
}

/// The head of a log-in whose body is still to come.
const HEAD: &str = "POST /api/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                    content-length: 100\r\nconnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_slowly_holds_no_slot_and_is_given_up() {
    let house = house().await;
    let listen = "127.0.0.1:0".parse().unwrap();
    let options = server::Options {
        concurrency: 1,
        ..Default::default()
    };
    let running = server::start(house.site.clone(), listen, options)
        .await
        .unwrap();
    let address = running.address;
    let told = tokio::task::spawn_blocking(move || {
        let mut slow: Vec<TcpStream> = (0..20)
            .map(|_| {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.write_all(HEAD.as_bytes()).unwrap();
                stream.write_all(b"{").unwrap();
                stream
            })
            .collect();
        std::thread::sleep(Duration::from_millis(200));
        // All of them wait for their bodies now, and the only slot is free.
        let seen = ask(address, &get("/api/me"), b"");
        assert!(seen.starts_with("HTTP/1.1 401"), "{seen}");
        let mut text = String::new();
        slow[0].read_to_string(&mut text).unwrap();
        text
    });
    let told = told.await.unwrap();
    assert!(told.starts_with("HTTP/1.1 408"), "{told}");
    assert!(told.contains("body_slow"), "{told}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_bodies_of_one_address_are_bounded() {
    let house = house().await;
    let listen = "127.0.0.1:0".parse().unwrap();
    let running = server::start(house.site.clone(), listen, Default::default())
        .await
        .unwrap();
    let address = running.address;
    let told = tokio::task::spawn_blocking(move || {
        let slow: Vec<TcpStream> = (0..64)
            .map(|_| {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.write_all(HEAD.as_bytes()).unwrap();
                stream
            })
            .collect();
        std::thread::sleep(Duration::from_millis(500));
        let told = ask(address, HEAD, b"{}");
        drop(slow);
        std::thread::sleep(Duration::from_millis(500));
        let head = HEAD.replace("length: 100", "length: 2");
        (told, ask(address, &head, b"{}"))
    });
    let (full, after) = told.await.unwrap();
    assert!(full.starts_with("HTTP/1.1 503"), "{full}");
    assert!(after.starts_with("HTTP/1.1 400"), "{after}");
    running.stop().await;
}
