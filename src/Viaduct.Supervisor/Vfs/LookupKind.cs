namespace Viaduct.Supervisor.Vfs;

/// <summary>Whose a path is.</summary>
internal enum LookupKind
{
    /// <summary>The host's, and the kernel can resolve it as the client wrote it.</summary>
    Host,

    /// <summary>The host's, but the client's way to it led through ours: <see cref="Lookup.Path"/> says where it is.</summary>
    HostPath,

    /// <summary>Ours: <see cref="Lookup.Node"/>.</summary>
    Node,

    /// <summary>Nobody's: <see cref="Lookup.Error"/>.</summary>
    Error,
}
