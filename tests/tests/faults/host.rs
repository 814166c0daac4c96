//! Faults of the host and the system, on the built plugin.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use stage::{
    Binary, Instance, InstanceReport, Mode, OutOfOrder, Player, STEREO, Setup, StageError, alloc,
    paths,
};

use crate::Found;
use crate::deck::Signal;
use crate::heard::{heard, noise};

pub const RATE: f64 = 44_100.0;
const BLOCK: usize = 512;
const SETUP: Setup = Setup {
    sample_rate: RATE,
    max_block: BLOCK,
};

/// One instance in an offline host, the drums down so that its stems are not its input.
pub struct Hosted {
    binary: Binary,
    pub instance: Instance,
    player: Option<Player>,
}

impl Hosted {
    pub fn open(clap: &Path) -> Self {
        let binary = Binary::open(clap).unwrap();
        let mut instance = binary.instantiate(STEREO).unwrap();
        instance.set_mode(Mode::Offline).unwrap();
        instance.set_text("chunk", "100ms").unwrap();
        instance.set_text("drums_gain", "-inf").unwrap();
        Self {
            binary,
            instance,
            player: None,
        }
    }

    pub fn activate(&mut self) -> stage::Result<()> {
        self.player = Some(self.instance.activate(SETUP)?);
        Ok(())
    }

    pub fn restart(&mut self) {
        if let Some(player) = self.player.take() {
            self.instance.deactivate(player);
        }
        self.activate().unwrap();
    }

    pub fn report(&self) -> InstanceReport {
        self.binary.report().unwrap().instances.pop().unwrap()
    }

    /// Waits until the worker has tried again.
    pub fn wait_for_pack(&self) {
        let started = Instant::now();
        while !self.report().ready && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Plays from a reset, and tells what is heard.
    pub fn play(&mut self, input: &Signal) -> String {
        if self.player.is_none() {
            self.activate().unwrap();
        }
        let latency = self.instance.latency().unwrap();
        let player = self.player.as_mut().unwrap();
        player.reset();
        let output = play(player, input);
        heard(&output, input, latency)
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        if let Some(player) = self.player.take() {
            self.instance.deactivate(player);
        }
    }
}

fn play(player: &mut Player, input: &Signal) -> Signal {
    let mut output = vec![Vec::new(); input.len()];
    for start in (0..input[0].len()).step_by(BLOCK) {
        let end = (start + BLOCK).min(input[0].len());
        let block: Vec<_> = input.iter().map(|channel| &channel[start..end]).collect();
        player.play(&block, &[]).unwrap();
        for (channel, played) in output.iter_mut().zip(player.bus(0)) {
            channel.extend_from_slice(played);
        }
    }
    output
}

/// Whether the system gives threads. Functions with the names of the system's are called by everything
/// that this program loads.
static HAS_THREADS: AtomicBool = AtomicBool::new(true);

type Start = unsafe extern "C" fn(
    *mut libc::pthread_t,
    *const libc::pthread_attr_t,
    extern "C" fn(*mut libc::c_void) -> *mut libc::c_void,
    *mut libc::c_void,
) -> libc::c_int;

#[unsafe(no_mangle)]
#[allow(unsafe_code)]
unsafe extern "C" fn pthread_create(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    run: extern "C" fn(*mut libc::c_void) -> *mut libc::c_void,
    argument: *mut libc::c_void,
) -> libc::c_int {
    if !HAS_THREADS.load(Ordering::Relaxed) {
        return libc::EAGAIN;
    }
    // SAFETY: the system's own function of this name has this type, and is called as this one was.
    unsafe {
        let system = libc::dlsym(libc::RTLD_NEXT, c"pthread_create".as_ptr());
        let system = std::mem::transmute::<*mut libc::c_void, Start>(system);
        system(thread, attributes, run, argument)
    }
}

/// What a host is told, and what the next try gives.
fn refused(mut hosted: Hosted, activated: stage::Result<()>) -> Found {
    let told = if activated.is_err() {
        "the host is told"
    } else {
        "the host is not told"
    };
    let says = hosted.report().fault;
    let after = hosted.play(&noise(1.5, RATE));
    Found {
        what: format!("{told}; the next try plays {after}"),
        says,
    }
}

pub fn no_thread() -> Found {
    let mut hosted = Hosted::open(&paths::clap());
    HAS_THREADS.store(false, Ordering::Relaxed);
    let activated = hosted.activate();
    HAS_THREADS.store(true, Ordering::Relaxed);
    refused(hosted, activated)
}

/// The largest allocation for which activation is refused, from what is far too little and what is
/// enough.
fn just_too_little(hosted: &mut Hosted) -> usize {
    let (mut refused, mut enough) = (100_000_usize, 1 << 28);
    while enough - refused > 1 {
        let limit = refused.midpoint(enough);
        match alloc::refuse_over(limit, || hosted.activate()) {
            Ok(()) => enough = limit,
            Err(_) => refused = limit,
        }
        if let Some(player) = hosted.player.take() {
            hosted.instance.deactivate(player);
        }
    }
    refused
}

/// A system that refuses less than 16 KiB refuses what no Rust program asks for twice: it ends.
pub fn no_memory() -> Found {
    let mut hosted = Hosted::open(&paths::clap());
    let most = just_too_little(&mut hosted);
    let limits = [16_384, 65_536, most / 16, most / 4, most / 2, most];
    let refusals = limits.map(|limit| alloc::refuse_over(limit, || hosted.activate()));
    let activated = refusals.into_iter().find(Result::is_ok);
    refused(
        hosted,
        activated.unwrap_or(Err(StageError::Refused("activate".into()))),
    )
}

pub fn crowd() -> Found {
    const THREADS: usize = 4;
    const EACH: usize = 16;
    let is_over = AtomicBool::new(false);
    let is_right = std::thread::scope(|scope| {
        let players: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut hosted = Hosted::open(&paths::clap());
                    let input = noise(2.0, RATE);
                    let expected = hosted.play_bits(&input);
                    let mut is_right = true;
                    while !is_over.load(Ordering::Relaxed) {
                        is_right &= hosted.play_bits(&input) == expected;
                    }
                    is_right
                })
            })
            .collect();
        let crowds: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let binary = Binary::open(&paths::clap()).unwrap();
                    let mut instances: Vec<_> = (0..EACH)
                        .map(|_| binary.instantiate(STEREO).unwrap())
                        .collect();
                    for instance in &mut instances {
                        instance.set_text("chunk", "hop").unwrap();
                        let mut player = instance.activate(SETUP).unwrap();
                        play(&mut player, &noise(0.1, RATE));
                        instance.deactivate(player);
                    }
                })
            })
            .collect();
        crowds.into_iter().for_each(|crowd| crowd.join().unwrap());
        is_over.store(true, Ordering::Relaxed);
        players.into_iter().all(|player| player.join().unwrap())
    });
    Found {
        what: if is_right {
            "two others play on, every sample right"
        } else {
            "two others play other samples"
        }
        .into(),
        says: None,
    }
}

impl Hosted {
    /// Plays from a reset.
    pub fn play_bits(&mut self, input: &Signal) -> Vec<u32> {
        if self.player.is_none() {
            self.activate().unwrap();
        }
        let player = self.player.as_mut().unwrap();
        player.reset();
        crate::deck::bits(&play(player, input))
    }
}

pub fn disorder() -> Found {
    use OutOfOrder::{Deactivate, Reset, Start, Stop};
    let mut hosted = Hosted::open(&paths::clap());
    for call in [Deactivate, Reset, Stop, Deactivate] {
        hosted.instance.call_out_of_order(call);
    }
    hosted.activate().unwrap();
    hosted.instance.activate_again(SETUP);
    for call in [Start, Start, Stop, Stop, Reset, Start] {
        hosted.instance.call_out_of_order(call);
    }
    let what = hosted.play(&noise(1.5, RATE));
    Found {
        what,
        says: hosted.report().fault,
    }
}

pub fn process_at_rest() -> Found {
    let mut hosted = Hosted::open(&paths::clap());
    let status = hosted.instance.call_out_of_order(OutOfOrder::Process);
    Found {
        what: if status {
            "the call succeeds"
        } else {
            "the call fails"
        }
        .into(),
        says: None,
    }
}

pub fn state_while_playing() -> Found {
    let mut hosted = Hosted::open(&paths::clap());
    hosted.activate().unwrap();
    let latency = hosted.instance.latency().unwrap();
    let (input, mut output) = (noise(3.0, RATE), vec![Vec::new(); 2]);
    let saved = hosted.instance.save().unwrap();
    let is_over = AtomicBool::new(false);
    let mut player = hosted.player.take().unwrap();
    player.reset();
    std::thread::scope(|scope| {
        let audio = scope.spawn(|| {
            output = play(&mut player, &input);
            is_over.store(true, Ordering::Release);
            player
        });
        while !is_over.load(Ordering::Acquire) && !audio.is_finished() {
            hosted.instance.load(&saved).unwrap();
        }
        hosted.player = Some(audio.join().unwrap());
    });
    Found {
        what: heard(&output, &input, latency),
        says: hosted.report().fault,
    }
}
