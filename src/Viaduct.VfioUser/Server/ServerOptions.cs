namespace Viaduct.VfioUser.Server;

/// <summary>How a server serves.</summary>
public sealed record ServerOptions
{
    /// <summary>Hears what happens; null where nobody listens.</summary>
    public IServerObserver? Observer { get; init; }

    /// <summary>The most bytes of one data transfer: max_data_xfer_size. QEMU takes up to 64 MiB.</summary>
    public int MaxDataTransfer { get; init; } = 1 << 20;

    /// <summary>The most descriptors of one message: max_msg_fds. QEMU takes up to 16.</summary>
    public int MaxDescriptors { get; init; } = 16;

    /// <summary>The most mappings at once: max_dma_maps. QEMU takes up to 65,535.</summary>
    public int MaxDmaMaps { get; init; } = 65535;

    /// <summary>The server's commands go over a socket of their own where the client can.</summary>
    public bool AllowTwinSocket { get; init; } = true;

    /// <summary>Called once, on the thread that serves, when a client touches a BAR or asks for interrupts: its memory is in place then. For
    /// devices that go on where another process left them.</summary>
    public Action? ClientReady { get; init; }
}
