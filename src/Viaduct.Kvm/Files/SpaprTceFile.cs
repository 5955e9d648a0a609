using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Vfio.Files;

namespace Viaduct.Kvm.Files;

/// <summary>A TCE table's descriptor, anon_inode:kvm-spapr-tce: the VMM maps it and sees what the guest has written.</summary>
/// <param name="table">The table, which goes with this file.</param>
public sealed class SpaprTceFile(GuestTceTable table) : VfioFile
{
    /// <inheritdoc/>
    public override string LinkName => "anon_inode:kvm-spapr-tce";

    /// <inheritdoc/>
    public override DeviceNumber? DeviceNumber => null;

    /// <inheritdoc/>
    public override bool HasPositions => false;

    /// <summary>The table.</summary>
    public GuestTceTable Table { get; } = table;

    /// <inheritdoc/>
    /// <remarks>The entries, in the machine's byte order.</remarks>
    public override FileDescriptorHandle? Memory => Table.Words.File;

    /// <inheritdoc/>
    public override SysResult Ioctl(Caller caller, uint command, ulong argument) => Errno.ENOTTY;

    /// <inheritdoc/>
    /// <remarks>Any part of it, also beyond its end: touching that is SIGBUS.</remarks>
    public override SysResult Mmap(in MmapRequest request) => SysResult.Success;

    /// <inheritdoc/>
    public override void Release() => Table.Vm.Release(Table);
}
