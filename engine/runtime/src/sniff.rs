//! What kind of file bytes are, found in the bytes. What a browser or a desktop would run is not
//! taken.

/// Endings of what runs, or is shown as a page.
const RUNS: &[&str] = &[
    "apk", "app", "bat", "bin", "cmd", "com", "cpl", "dll", "exe", "hta", "htm", "html", "jar",
    "js", "jse", "lnk", "mht", "mhtml", "mjs", "msi", "msp", "ps1", "psm1", "reg", "scr", "sh",
    "shtml", "svg", "svgz", "vb", "vbe", "vbs", "wsf", "wsh", "xht", "xhtml",
];
/// First bytes of programs: Windows, Linux, macOS, Java, scripts.
const PROGRAMS: &[&[u8]] = &[
    b"MZ",
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"#!",
];
/// What makes a text a page that can run something.
const PAGES: &[&str] = &[
    "<!doc", "<html", "<svg", "<script", "<iframe", "<body", "xhtml",
];
/// Kinds told by their first bytes.
const KNOWN: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
];
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const SLIDES: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
const UNKNOWN: &str = "application/octet-stream";

/// The media type of a file; nothing if it is not taken.
pub(crate) fn media(name: &str, bytes: &[u8]) -> Option<&'static str> {
    let ending = name.rsplit_once('.').map_or("", |(_, e)| e);
    let ending = ending.trim_end().to_ascii_lowercase();
    if RUNS.contains(&ending.as_str()) || PROGRAMS.iter().any(|p| bytes.starts_with(p)) {
        return None;
    }
    if let Some((_, media)) = KNOWN.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Some(media);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some("image/webp");
    }
    if bytes.get(4..12) == Some(b"ftypavif") {
        return Some("image/avif");
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return zip(bytes);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Some(match ending.as_str() {
            "doc" => "application/msword",
            "xls" | "et" => "application/vnd.ms-excel",
            "ppt" => "application/vnd.ms-powerpoint",
            _ => UNKNOWN,
        });
    }
    text(bytes)
}

/// What a zip holds, by the names in it.
fn zip(bytes: &[u8]) -> Option<&'static str> {
    let holds = |name: &str| {
        let name = name.as_bytes();
        bytes.windows(name.len()).any(|w| w == name)
    };
    if holds("META-INF/MANIFEST.MF") || holds("AndroidManifest.xml") {
        return None;
    }
    Some(if holds("[Content_Types].xml") {
        match () {
            () if holds("word/document.xml") => WORD,
            () if holds("xl/workbook.xml") => SHEET,
            () if holds("ppt/presentation.xml") => SLIDES,
            () => "application/zip",
        }
    } else if holds("OFD.xml") {
        "application/ofd"
    } else {
        "application/zip"
    })
}

fn text(bytes: &[u8]) -> Option<&'static str> {
    let page = |text: &str| {
        let text = text.to_ascii_lowercase();
        PAGES.iter().any(|p| text.contains(p))
    };
    let utf16 = match bytes {
        [0xff, 0xfe, rest @ ..] => Some((rest, u16::from_le_bytes as fn([u8; 2]) -> u16)),
        [0xfe, 0xff, rest @ ..] => Some((rest, u16::from_be_bytes as fn([u8; 2]) -> u16)),
        _ => None,
    };
    if let Some((rest, unit)) = utf16 {
        let units: Vec<u16> = rest.chunks_exact(2).map(|c| unit([c[0], c[1]])).collect();
        let read = String::from_utf16_lossy(&units);
        return (!page(&read)).then_some(UNKNOWN);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let text = text.trim_start_matches('\u{feff}');
            if page(text) {
                return None;
            }
            let plain = !text
                .chars()
                .any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n' | '\u{c}'));
            Some(match plain {
                true if text.trim_start().starts_with("<?xml") => "application/xml",
                true => "text/plain",
                false => UNKNOWN,
            })
        }
        // Another encoding, whose ASCII reads the same.
        Err(_) => {
            (!page(&String::from_utf8_lossy(&bytes[..bytes.len().min(4_096)]))).then_some(UNKNOWN)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_in_the_bytes() {
        for (name, bytes, media_type) in [
            ("a.txt", &b"\x89PNG\r\n\x1a\n..."[..], "image/png"),
            ("a", b"\xff\xd8\xff\xe0", "image/jpeg"),
            ("a", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            ("a.png", b"%PDF-1.7", "application/pdf"),
            (
                "a.xlsx",
                b"PK\x03\x04..[Content_Types].xml..xl/workbook.xml",
                SHEET,
            ),
            ("a.zip", b"PK\x03\x04..a.txt", "application/zip"),
            ("a.csv", "编号,名称\n".as_bytes(), "text/plain"),
            ("a.xml", b"<?xml version=\"1.0\"?><a/>", "application/xml"),
            ("a.dat", b"\0\x01\x02\xff", UNKNOWN),
        ] {
            assert_eq!(media(name, bytes), Some(media_type), "{name}");
        }
    }
    #[test]
    fn what_runs_is_not_taken() {
        for (name, bytes) in [
            ("a.exe", &b"anything"[..]),
            ("a.pdf", b"MZ\x90"),
            ("a", b"\x7fELF"),
            ("a.txt", b"#!/bin/sh"),
            ("a.txt", b"  <!DOCTYPE HTML><p>"),
            ("a.xml", b"<?xml version=\"1.0\"?><svg onload=\"x\"/>"),
            ("a.svg", b"<x/>"),
            ("a.HTML ", b"hello"),
            ("a.zip", b"PK\x03\x04META-INF/MANIFEST.MF"),
            ("a.txt", b"\xff\xfe<\0h\0t\0m\0l\0>\0"),
            ("a.txt", b"\xb0\xa1<script>1</script>"),
        ] {
            assert_eq!(media(name, bytes), None, "{name}");
        }
    }
}
