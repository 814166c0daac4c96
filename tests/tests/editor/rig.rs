//! An engine with a stand-in for the networks, and its editor.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use egui::{Key, Modifiers, Rect, Vec2};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotOptions, TestRenderer};
use ndarray::{ArrayView3, ArrayViewMut4};
use nice_plug::context::gui::GuiContext;
use one2four::audio::HostTime;
use one2four::bridge::{EditorSlot, Status};
use one2four::editor::{App, Links};
use one2four::engine::{Engine, HostConfig};
use one2four::geometry::{ChunkSetting, Geometry, Stream};
use one2four::network::{MaskNetwork, Networks, RunError};
use one2four::pack::Places;
use one2four::params::{One2FourParams, Settings};
use stage::{Canvas, Desk};

/// Hz.
const RATE: f64 = 44_100.0;
/// A block of the host.
const BLOCK: usize = 512;

/// Gives every stem the same.
struct Equal;

impl MaskNetwork for Equal {
    fn run(
        &mut self,
        _magnitude: ArrayView3<f32>,
        mut mask: ArrayViewMut4<f32>,
    ) -> Result<(), RunError> {
        mask.fill(0.25);
        Ok(())
    }

    fn reset(&mut self) {}
}

/// Paints for the harness.
#[derive(Default)]
struct Painter(Canvas);

impl TestRenderer for Painter {
    fn handle_delta(&mut self, delta: &mut egui::TexturesDelta) {
        self.0.update(delta);
    }

    fn render(
        &mut self,
        ctx: &egui::Context,
        output: &egui::FullOutput,
    ) -> Result<image::RgbaImage, String> {
        let pixels_per_point = output.pixels_per_point;
        let primitives = ctx.tessellate(output.shapes.clone(), pixels_per_point);
        let size = (ctx.content_rect().size() * pixels_per_point).round();
        let size = [size.x as usize, size.y as usize];
        let image = self.0.paint(&primitives, size, pixels_per_point);
        image::RgbaImage::from_raw(size[0] as u32, size[1] as u32, image.as_raw().to_vec())
            .ok_or_else(|| "the picture has another size".into())
    }
}

/// What a test works with.
pub struct Rig {
    pub engine: Engine,
    pub params: Arc<One2FourParams>,
    pub status: Arc<Status>,
    pub desk: Arc<Desk>,
    pub harness: Harness<'static>,
    pub folder: tempfile::TempDir,
    /// Whether the host's transport runs.
    pub is_playing: bool,
    links: Links,
    host: GuiContext,
    phase: f32,
    /// Samples played.
    position: usize,
}

impl Rig {
    pub fn new() -> Self {
        Self::with(Stream::DEFAULT, || Networks::Mask(Box::new(Equal)))
    }

    /// With other networks.
    pub fn with(stream: Stream, networks: fn() -> Networks) -> Self {
        let geometry = Geometry::new(&stream, RATE, ChunkSetting::OneSecond);
        let status = Arc::new(Status::default());
        let host = HostConfig {
            channels: 2,
            max_block_samples: BLOCK,
            is_offline: true,
        };
        let load = Box::new(move || Ok(networks()));
        let mut engine = Engine::start(geometry, host, status.clone(), load).unwrap();
        engine.room.reset();
        let started = Instant::now();
        while !status.is_ready.load(Ordering::Acquire) && started.elapsed().as_secs() < 5 {
            std::thread::sleep(Duration::from_millis(1));
        }
        status
            .latency_samples
            .store(geometry.latency_samples() as u32, Ordering::Relaxed);
        status
            .sample_rate_bits
            .store((RATE as f32).to_bits(), Ordering::Relaxed);
        status.set_runtime(Some("1.2.3".into()));

        let folder = tempfile::tempdir().unwrap();
        make_packs(folder.path());
        let params = Arc::new(One2FourParams::default());
        params.editor.write().unwrap().folder =
            folder.path().join("stems").to_string_lossy().into_owned();
        let slot = Arc::new(EditorSlot::default());
        slot.set(Some((engine.editor.clone(), Settings::of(&params))));
        let (desk, host) = Desk::new();
        let links = Links {
            params: params.clone(),
            status: status.clone(),
            slot,
            places: Places::in_resources(folder.path().into(), None),
        };
        Self {
            engine,
            params,
            status,
            desk,
            harness: open(&links, &host),
            folder,
            is_playing: true,
            links,
            host,
            phase: 0.0,
            position: 0,
        }
    }

    /// How long has been played.
    pub fn played_s(&self) -> f64 {
        self.position as f64 / RATE
    }

    /// How much later it is heard.
    pub fn latency_s(&self) -> f64 {
        f64::from(self.status.latency_samples.load(Ordering::Relaxed)) / RATE
    }

    /// A song in 4/4 at 120 BPM, where the transport runs.
    fn time(&self) -> HostTime {
        let quarters = self.played_s() * 2.0;
        let bar = (quarters / 4.0).floor();
        HostTime {
            is_playing: self.is_playing,
            quarters: Some(quarters),
            tempo: Some(120.0),
            bar_quarters: Some(bar * 4.0),
            bar_number: Some(bar as i32),
            signature: Some((4, 4)),
            loop_quarters: None,
        }
    }

    /// Closes the window and opens another.
    pub fn reopen(&mut self) {
        self.harness = open(&self.links, &self.host);
    }

    /// Plays a tone for so long, and draws.
    pub fn play(&mut self, seconds: f64) {
        self.play_at(seconds, 0.5);
    }

    /// Plays a tone so loud, and draws.
    pub fn play_at(&mut self, seconds: f64, amplitude: f32) {
        for block_idx in 0..(seconds * RATE) as usize / BLOCK {
            let mut tone = [0.0; BLOCK];
            for sample in &mut tone {
                self.phase = (self.phase + 440.0 / RATE as f32).fract();
                *sample = amplitude * (self.phase * std::f32::consts::TAU).sin();
            }
            let mut block = [tone, tone];
            let mut channels = block.each_mut().map(|channel| &mut channel[..]);
            let time = self.time();
            let room = &mut self.engine.room;
            room.set_time(&time);
            room.direct(self.params.band.direction(), true);
            room.process(&mut channels, None, &self.params.mix(), true);
            self.position += BLOCK;
            if block_idx % 3 == 0 {
                self.harness.step();
            }
        }
        self.harness.step();
    }

    pub fn click(&mut self, name: &str) {
        self.harness.get_by_label(name).click();
        self.harness.run_steps(3);
    }

    pub fn double_click(&mut self, name: &str) {
        let node = self.harness.get_by_label(name);
        node.click();
        node.click();
        self.harness.run_steps(2);
    }

    pub fn drag(&mut self, name: &str, way: Vec2) {
        let at = self.harness.get_by_label(name).rect().center();
        self.harness.drag_at(at);
        self.harness.run_steps(2);
        self.harness.hover_at(at + way / 2.0);
        self.harness.run_steps(2);
        self.harness.hover_at(at + way);
        self.harness.run_steps(2);
        self.harness.drop_at(at + way);
        self.harness.run_steps(2);
    }

    pub fn wheel(&mut self, name: &str, lines: f32, modifiers: Modifiers) {
        let at = self.harness.get_by_label(name).rect().center();
        self.harness.hover_at(at);
        self.harness.run_steps(2);
        self.harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: egui::vec2(0.0, lines),
            modifiers,
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
        });
        self.harness.run_steps(2);
    }

    pub fn press(&mut self, key: Key, modifiers: Modifiers) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(2);
    }

    /// The gain in dB of the parameter with this name.
    pub fn gain(&self, name: &str) -> f32 {
        use nice_plug::prelude::Param;
        let strips = self.params.strips();
        let gains = strips.iter().map(|strip| &strip.gain);
        let mut gains = gains.chain([&self.params.output_gain]);
        gains.find(|gain| gain.name() == name).unwrap().value()
    }

    /// Draws until something has a name that begins so.
    pub fn wait_for(&mut self, name: &str) {
        let started = Instant::now();
        while self.harness.query_by_label_contains(name).is_none() {
            assert!(started.elapsed().as_secs() < 10, "nothing says {name}");
            std::thread::sleep(Duration::from_millis(10));
            self.harness.step();
        }
    }

    /// The first and the last pixel from the left in `rect`, in the middle of its height, where
    /// anything shines.
    pub fn shining(&mut self, rect: Rect) -> Option<(f32, f32)> {
        let image = self.harness.render().unwrap();
        let row = image.rows().nth(rect.center().y as usize).unwrap();
        let columns = row
            .enumerate()
            .filter(|(_, pixel)| pixel.0[..3].iter().any(|&c| c > 100));
        let mut columns = columns
            .map(|(x, _)| x as f32)
            .filter(|&x| rect.x_range().contains(x));
        let first = columns.next()?;
        Some((first, columns.next_back().unwrap_or(first)))
    }

    /// Compares what is shown with the picture of this name.
    pub fn picture(&mut self, name: &str) {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/editor/pictures");
        let options = SnapshotOptions::new().threshold(1.0).output_path(folder);
        self.harness.snapshot_options(name, &options);
    }
}

/// Opens a window.
fn open(links: &Links, host: &GuiContext) -> Harness<'static> {
    let mut app = App::new(links.clone());
    let host = host.clone();
    let mut is_ready = false;
    let mut harness = Harness::builder()
        .with_size(egui::vec2(900.0, 520.0))
        .with_step_dt(1.0 / 30.0)
        .renderer(Painter::default())
        .build_ui(move |ui| {
            if !is_ready {
                app.prepare(ui.ctx(), host.clone());
                is_ready = true;
            } else {
                app.show(ui);
            }
        });
    harness.run_steps(3);
    harness
}

/// A place with a pack of each kind that is in order, and one that is not.
fn make_packs(folder: &std::path::Path) {
    let pack = |id: &str, kind: &str, stream: &str| {
        let graph = format!(
            "[[graph]]\nfile = \"all.onnx\"\nsha256 = \"{}\"\nstems = [\"drums\", \"bass\", \"piano\", \"other\"]",
            "0".repeat(64)
        );
        let stream = format!("[stream]\nsample_rate = 44100\nchannels = 1\n{stream}");
        let about = format!(
            "version = \"1.0.0\"\nkind = \"{kind}\"\nlicense = \"MIT\"\ndescription = \"Of a test.\""
        );
        let name = format!("{}{}", id[..1].to_uppercase(), &id[1..]);
        let text =
            format!("schema = 1\nid = \"{id}\"\nname = \"{name}\"\n{about}\n{stream}\n{graph}\n");
        let dir = folder.join("packs").join(id);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("pack.toml"), text).unwrap();
    };
    pack(
        "second",
        "mask",
        "fft = 2048\nhop = 512\nlookahead_frames = 16",
    );
    pack(
        "broken",
        "mask",
        "fft = 1000\nhop = 512\nlookahead_frames = 16",
    );
    pack("third", "waveform", "overlap = 1024");
}
