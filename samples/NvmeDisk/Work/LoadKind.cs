namespace NvmeDisk.Work;

/// <summary>What a load does; names are fio's.</summary>
internal enum LoadKind
{
    RandRead,
    RandWrite,
    RandRw,
    Read,
    Write,
}
