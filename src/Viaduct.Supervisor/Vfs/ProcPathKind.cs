namespace Viaduct.Supervisor.Vfs;

/// <summary>What a <see cref="ProcPath"/> says of a descriptor.</summary>
internal enum ProcPathKind
{
    /// <summary>fd/N: the link.</summary>
    Descriptor,

    /// <summary>fdinfo/N: the text.</summary>
    DescriptorInfo,

    /// <summary>cwd.</summary>
    WorkingDirectory,
}
