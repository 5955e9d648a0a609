namespace Viaduct.Supervisor.Vfs;

/// <summary>What a <see cref="ProcPath"/> names.</summary>
internal enum ProcPathKind
{
    /// <summary>fd/N: the link.</summary>
    Descriptor,

    /// <summary>fdinfo/N: the text.</summary>
    DescriptorInfo,

    /// <summary>cwd.</summary>
    WorkingDirectory,

    /// <summary>status: what it says of locked memory.</summary>
    Status,

    /// <summary>pagemap: where its memory is.</summary>
    Pagemap,
}
