//! `screenshots`: the README's pictures, from a real run of the example.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use egui::{Event, PointerButton, Pos2, RawInput, Rect, ViewportId, ViewportInfo, vec2};
use one2four::audio::HostTime;
use one2four::bridge::{EditorSlot, Status};
use one2four::editor::{App, Links};
use one2four::engine::{Engine, HostConfig, loader};
use one2four::geometry::{ChunkSetting, Geometry, Stream};
use one2four::pack::Places;
use one2four::params::{DEFAULT_PACK, One2FourParams, Settings};
use stage::{Canvas, Desk, read_audio};

use crate::picture::canvas::write_png;
use crate::workspace::{Workspace, resources_of};

/// The window in points.
const SIZE: egui::Vec2 = vec2(900.0, 520.0);
/// Pixels per point: sharp where the README is read on a dense screen.
const DENSITY: f32 = 2.0;
/// Frames per second.
const RATE_HZ: f64 = 30.0;
/// When the first picture is taken: the lanes are full.
const FULL_S: f64 = 14.0;
/// Between a click and its picture.
const SETTLE_S: f64 = 1.0;
/// The longest time in which the pack is loaded.
const LOAD: Duration = Duration::from_secs(20);

/// Runs the command.
pub fn run(workspace: &Workspace, out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;

    let resources = resources_of(&workspace.vst3());
    let mut show = Show::start(&workspace.example(), resources)?;
    show.play(FULL_S)?;
    show.save(&out.join("editor.png"))?;
    show.click("Bass Solo")?;
    show.play(SETTLE_S)?;
    show.save(&out.join("editor-solo.png"))?;
    show.click("Bass Solo")?;
    show.click("Pack")?;
    show.play(SETTLE_S)?;
    show.save(&out.join("editor-packs.png"))
}

/// The plugin's engine, its editor, and a host that plays them like a sound card.
struct Show {
    engine: Engine,
    params: Arc<One2FourParams>,
    input: [Vec<f32>; 2],
    sample_rate: f64,
    /// Samples played.
    position: usize,
    started: Instant,
    app: App,
    ctx: egui::Context,
    canvas: Canvas,
    events: Vec<Event>,
    output: egui::FullOutput,
}

impl Show {
    fn start(song: &Path, resources: PathBuf) -> Result<Self> {
        let (input, sample_rate) = read(song)?;
        let geometry = Geometry::new(&Stream::DEFAULT, sample_rate, ChunkSetting::OneSecond);
        let status = Arc::new(Status::default());
        let places = Places::in_resources(resources, None);
        let load = loader(
            places.clone(),
            DEFAULT_PACK.into(),
            Stream::DEFAULT,
            geometry,
            status.clone(),
        );
        let host = HostConfig {
            channels: 2,
            max_block_samples: sample_rate as usize,
            is_offline: false,
        };
        let mut engine = Engine::start(geometry, host, status.clone(), load)?;
        engine.room.reset();
        wait_for_pack(&status)?;
        let latency_samples = geometry.latency_samples() as u32;
        status
            .latency_samples
            .store(latency_samples, Ordering::Relaxed);
        let rate_bits = (sample_rate as f32).to_bits();
        status.sample_rate_bits.store(rate_bits, Ordering::Relaxed);

        let slot = Arc::new(EditorSlot::default());
        let params = Arc::new(One2FourParams::default());
        slot.set(Some((engine.editor.clone(), Settings::of(&params))));
        let mut app = App::new(Links {
            params: params.clone(),
            status,
            slot,
            places,
        });
        let ctx = egui::Context::default();
        ctx.enable_accesskit();
        app.prepare(&ctx, Desk::new().1);
        Ok(Self {
            engine,
            params,
            input,
            sample_rate,
            position: 0,
            started: Instant::now(),
            app,
            ctx,
            canvas: Canvas::default(),
            events: Vec::new(),
            output: egui::FullOutput::default(),
        })
    }

    /// Plays so many seconds and draws the frames.
    fn play(&mut self, seconds: f64) -> Result<()> {
        for _ in 0..(seconds * RATE_HZ) as usize {
            let len = (self.sample_rate / RATE_HZ) as usize;
            let end = self.position + len;
            if end > self.input[0].len() {
                bail!("the example is too short");
            }
            let mut block = self
                .input
                .each_ref()
                .map(|channel| channel[self.position..end].to_vec());
            let mut channels = block.each_mut().map(Vec::as_mut_slice);
            let time = HostTime {
                is_playing: true,
                ..HostTime::default()
            };
            self.engine.room.set_time(&time);
            self.engine
                .room
                .process(&mut channels, None, &self.params.mix(), true);
            self.position = end;
            let due = Duration::from_secs_f64(end as f64 / self.sample_rate);
            std::thread::sleep(due.saturating_sub(self.started.elapsed()));
            self.frame();
        }
        Ok(())
    }

    fn frame(&mut self) {
        let viewport = ViewportInfo {
            native_pixels_per_point: Some(DENSITY),
            ..ViewportInfo::default()
        };
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.position as f64 / self.sample_rate),
            events: std::mem::take(&mut self.events),
            viewports: [(ViewportId::ROOT, viewport)].into_iter().collect(),
            ..RawInput::default()
        };
        self.output = self.ctx.run_ui(input, |ui| self.app.show(ui));
        self.canvas.update(&self.output.textures_delta);
    }

    /// Clicks on what has this name.
    fn click(&mut self, name: &str) -> Result<()> {
        let update = self.output.platform_output.accesskit_update.as_ref();
        let nodes = update.map(|update| update.nodes.as_slice());
        let bounds = nodes
            .unwrap_or_default()
            .iter()
            .find(|(_, node)| node.label() == Some(name))
            .and_then(|(_, node)| node.bounds())
            .with_context(|| format!("the editor has nothing called {name}"))?;
        let middle = |from: f64, to: f64| ((from + to) / 2.0) as f32;
        let pos = egui::pos2(middle(bounds.x0, bounds.x1), middle(bounds.y0, bounds.y1));
        self.events.push(Event::PointerMoved(pos));
        for pressed in [true, false] {
            self.events.push(Event::PointerButton {
                pos,
                button: PointerButton::Primary,
                pressed,
                modifiers: egui::Modifiers::NONE,
            });
            self.play(2.0 / RATE_HZ)?;
        }
        self.events.push(Event::PointerGone);
        self.play(1.0 / RATE_HZ)
    }

    fn save(&mut self, path: &Path) -> Result<()> {
        let paused = Instant::now();
        let shapes = self.output.shapes.clone();
        let primitives = self.ctx.tessellate(shapes, self.output.pixels_per_point);
        let size = (SIZE * DENSITY).round();
        let size = [size.x as usize, size.y as usize];
        let image = self.canvas.paint(&primitives, size, DENSITY);
        let pixels = image.pixels.iter().flat_map(|pixel| {
            let [red, green, blue, _] = pixel.to_array();
            [red, green, blue]
        });
        let rgb: Vec<u8> = pixels.collect();
        write_png(path, image.width(), &rgb)
            .with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}", path.display());
        // The song waits meanwhile.
        self.started += paused.elapsed();
        Ok(())
    }
}

fn wait_for_pack(status: &Status) -> Result<()> {
    let started = Instant::now();
    while !status.is_ready.load(Ordering::Acquire) {
        if let Some(fault) = status.fault() {
            bail!("{fault}");
        }
        if started.elapsed() > LOAD {
            bail!("the pack was not loaded in time");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// The song as two channels, and its rate.
fn read(song: &Path) -> Result<([Vec<f32>; 2], f64)> {
    let (channels, sample_rate) = read_audio(song)?;
    let input = [0, 1].map(|idx| channels[idx % channels.len()].clone());
    Ok((input, sample_rate.into()))
}
