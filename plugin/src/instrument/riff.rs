//! Whether a SoundFont's file is what it says of itself: its reader believes every length.

/// Bytes of a record of each list of a SoundFont, and the records that there are at least.
const RECORDS: [(&[u8; 4], usize, usize); 9] = [
    (b"phdr", 38, 2),
    (b"pbag", 4, 2),
    (b"pmod", 10, 1),
    (b"pgen", 4, 1),
    (b"inst", 22, 2),
    (b"ibag", 4, 2),
    (b"imod", 10, 1),
    (b"igen", 4, 1),
    (b"shdr", 46, 2),
];
/// The most records of one kind.
const MAX_RECORDS: usize = 1 << 16;
/// Where in its records a list says which records of another it begins with. Its reader takes as many of them
/// as the next record is further on, without looking whether others take them too.
const FIRSTS: [(&[u8; 4], usize); 4] = [(b"phdr", 24), (b"pbag", 0), (b"inst", 20), (b"ibag", 0)];
/// What its reader takes for four bytes, whatever length they have.
const VERSIONS: [&[u8; 4]; 2] = [b"ifil", b"iver"];

/// Says what is wrong with the file.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let mut whole = Chunks(bytes);
    let riff = whole.next().ok_or("no RIFF file")??;
    if riff.id != *b"RIFF" || riff.list()? != *b"sfbk" {
        return Err("no SoundFont".into());
    }
    let mut found = [false; RECORDS.len()];
    let mut has_samples = false;
    for list in Chunks(&riff.body[4..]) {
        let list = list?;
        if list.id != *b"LIST" {
            return Err("something between its lists".into());
        }
        list.list()?;
        for part in Chunks(&list.body[4..]) {
            let part = part?;
            has_samples |= part.id == *b"smpl";
            if VERSIONS.contains(&&part.id) && part.body.len() != 4 {
                return Err(format!("a version of {} bytes", part.body.len()));
            }
            let Some(kind) = RECORDS.iter().position(|(id, ..)| **id == part.id) else {
                continue;
            };
            let (id, size, least) = RECORDS[kind];
            let name = String::from_utf8_lossy(id);
            let count = part.body.len() / size;
            let is_whole = part.body.len().is_multiple_of(size);
            if !is_whole || !(least..=MAX_RECORDS).contains(&count) || found[kind] {
                return Err(format!("a list {name} of {} bytes", part.body.len()));
            }
            found[kind] = true;
            let first = FIRSTS.iter().find(|(id, _)| **id == part.id);
            if let Some((_, at)) = first
                && !goes_on(part.body, size, *at)
            {
                return Err(format!("a list {name} that goes back"));
            }
        }
    }
    match found.iter().position(|found| !found) {
        Some(kind) => {
            let name = String::from_utf8_lossy(RECORDS[kind].0);
            Err(format!("without a list {name}"))
        }
        None if !has_samples => Err("without samples".into()),
        None => Ok(()),
    }
}

/// Whether the number at a place in each record of a list is at least that in the record before.
fn goes_on(list: &[u8], size: usize, at: usize) -> bool {
    let number = |record: &[u8]| u16::from_le_bytes([record[at], record[at + 1]]);
    let mut records = list.chunks_exact(size).map(number);
    let mut last = records.next().unwrap_or_default();
    records.all(|number| std::mem::replace(&mut last, number) <= number)
}

/// A chunk of a RIFF file.
struct Chunk<'a> {
    id: [u8; 4],
    body: &'a [u8],
}

impl Chunk<'_> {
    /// The name of what it lists.
    fn list(&self) -> Result<[u8; 4], String> {
        let name = self.body.first_chunk().ok_or("a list without a name")?;
        Ok(*name)
    }
}

/// The chunks in some bytes, each of an even length.
struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let cut_short = || Some(Err("cut short".into()));
        let rest = std::mem::take(&mut self.0);
        let Some((id, rest)) = rest.split_first_chunk::<4>() else {
            return cut_short();
        };
        let Some((len, rest)) = rest.split_first_chunk::<4>() else {
            return cut_short();
        };
        let len = u32::from_le_bytes(*len) as usize;
        if len > rest.len() || !len.is_multiple_of(2) {
            return cut_short();
        }
        let (body, rest) = rest.split_at(len);
        self.0 = rest;
        Some(Ok(Chunk { id: *id, body }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A SoundFont with one chunk in a list.
    fn with_chunk(list: &[u8; 4], id: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let chunk = |id: &[u8; 4], body: &[u8]| {
            let len = (body.len() as u32).to_le_bytes();
            [id, &len, body].concat()
        };
        let list = [list.as_slice(), &chunk(id, body)].concat();
        chunk(
            b"RIFF",
            &[b"sfbk".as_slice(), &chunk(b"LIST", &list)].concat(),
        )
    }

    #[test]
    fn records_that_would_be_read_many_times_are_refused() {
        let zones = |firsts: &[u16]| -> Vec<u8> {
            firsts
                .iter()
                .flat_map(|first| [first.to_le_bytes(), [0; 2]].concat())
                .collect()
        };
        let back = with_chunk(b"pdta", b"ibag", &zones(&[0, 65_535, 0]));
        assert_eq!(check(&back).unwrap_err(), "a list ibag that goes back");
        let on = with_chunk(b"pdta", b"ibag", &zones(&[0, 3, 3]));
        assert_eq!(check(&on).unwrap_err(), "without a list phdr");
        let mut presets = [0; 3 * 38];
        presets[38 + 24] = 1;
        let back = with_chunk(b"pdta", b"phdr", &presets);
        assert_eq!(check(&back).unwrap_err(), "a list phdr that goes back");
    }

    #[test]
    fn a_version_that_hides_chunks_is_refused() {
        let hidden = with_chunk(b"INFO", b"ifil", b"\x02\0\x01\0ICMT\xf0\xff\xff\xff");
        assert_eq!(check(&hidden).unwrap_err(), "a version of 12 bytes");
    }

    #[test]
    fn lengths_that_lie_are_found() {
        let mut bytes = b"RIFF\x0c\0\0\0sfbkLIST\0\0\0\0".to_vec();
        assert!(check(&bytes).unwrap_err().contains("name"));
        bytes[16] = 200;
        assert_eq!(check(&bytes).unwrap_err(), "cut short");
        assert!(check(b"RIFF").is_err() && check(b"").is_err());
        assert_eq!(check(b"RIFF\x04\0\0\0WAVE").unwrap_err(), "no SoundFont");
        assert_eq!(
            check(b"RIFF\x04\0\0\0sfbk").unwrap_err(),
            "without a list phdr"
        );
    }
}
