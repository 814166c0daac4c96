//! An instance's editor in a window of the X Window System.

use clack_extensions::gui::{GuiApiType, GuiConfiguration, GuiSize, PluginGui, Window};

use crate::{Instance, Result, StageError};

impl Instance {
    /// Opens the editor in the window with this id, and returns its size in pixels.
    pub fn open_editor(&mut self, window: u32) -> Result<(u32, u32)> {
        let size = self.create_editor(window)?;
        self.show_editor()?;
        Ok(size)
    }

    /// Makes the editor in the window with this id, still unseen, and returns its size in pixels.
    #[allow(unsafe_code)]
    pub fn create_editor(&mut self, window: u32) -> Result<(u32, u32)> {
        let gui = self.extension::<PluginGui>("open its editor")?;
        let refused = |_| StageError::Refused("open its editor".into());
        let handle = self.inner.plugin_handle();
        let configuration = GuiConfiguration {
            api_type: GuiApiType::X11,
            is_floating: false,
        };
        gui.create(&handle, configuration).map_err(refused)?;
        let size = self.told_size()?;
        let handle = self.inner.plugin_handle();
        let window = Window::from_x11_handle(window.into());
        // SAFETY: a test keeps its window until it has closed the editor; if it did not, the X
        // server would refuse what is drawn.
        unsafe { gui.set_parent(&handle, window) }.map_err(refused)?;
        Ok(size)
    }

    /// The size of its editor in pixels, as it tells it now.
    pub fn told_size(&mut self) -> Result<(u32, u32)> {
        let gui = self.extension::<PluginGui>("tell the size of its editor")?;
        let size = gui.get_size(&self.inner.plugin_handle());
        Ok(size.map_or((0, 0), |size| (size.width, size.height)))
    }

    /// Resizes the editor, in pixels.
    pub fn resize_editor(&mut self, (width, height): (u32, u32)) -> Result<()> {
        let gui = self.extension::<PluginGui>("resize its editor")?;
        gui.set_size(&self.inner.plugin_handle(), GuiSize { width, height })
            .map_err(|_| StageError::Refused("resize its editor".into()))
    }

    /// Shows the editor that was made.
    pub fn show_editor(&mut self) -> Result<()> {
        let gui = self.extension::<PluginGui>("show its editor")?;
        gui.show(&self.inner.plugin_handle())
            .map_err(|_| StageError::Refused("show its editor".into()))
    }

    /// Closes the editor.
    pub fn close_editor(&mut self) -> Result<()> {
        let gui = self.extension::<PluginGui>("close its editor")?;
        gui.destroy(&self.inner.plugin_handle());
        Ok(())
    }
}
