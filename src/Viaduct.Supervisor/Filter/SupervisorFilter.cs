using Viaduct.Linux.Seccomp;
using Viaduct.Supervisor.Syscalls;
using static Viaduct.Supervisor.Filter.FilterBuilder;

namespace Viaduct.Supervisor.Filter;

/// <summary>
/// Which system calls come to the supervisor. A filter cannot follow pointers, so every call with a path comes; calls on
/// descriptors come where the descriptor is in our range, or where the arguments could only be meant for a device. An mmap of
/// BAR 0 by a low descriptor does not come: the kernel maps the memory file, and its pages trap like any other's.
/// </summary>
internal static class SupervisorFilter
{
    /// <summary>
    /// Our descriptors are placed at or above this number while it is free, so that the filter tells them by a comparison.
    /// Below the usual soft limit of RLIMIT_NOFILE, 1024.
    /// </summary>
    public const int FirstDescriptor = 900;

    private const uint MAP_ANONYMOUS = 0x20;
    private const uint IoctlTypeMask = 0xff00;
    private const uint IoctlTypeVfio = ';' << 8;

    // An offset from here on is that of a VFIO region other than BAR 0 (region index << 40).
    private const uint SecondRegionHigh = 1U << (40 - 32);
    private const uint WidestRegister = 8;

    private static readonly int[] s_alwaysCalls =
    [
        SystemCall.Open, SystemCall.OpenAt, SystemCall.OpenAt2, SystemCall.Stat, SystemCall.LStat, SystemCall.Access,
        SystemCall.FAccessAt, SystemCall.FAccessAt2, SystemCall.ReadLink, SystemCall.ReadLinkAt, SystemCall.ChDir,
        SystemCall.FChDir, SystemCall.GetCwd, SystemCall.StatFs, SystemCall.GetXAttr, SystemCall.LGetXAttr,
        SystemCall.ListXAttr, SystemCall.LListXAttr, SystemCall.Execve, SystemCall.ExecveAt,
        SystemCall.SchedGetAffinity, SystemCall.SchedSetAffinity,
    ];

    private static readonly int[] s_descriptorCalls =
    [
        SystemCall.Read, SystemCall.Write, SystemCall.ReadV, SystemCall.WriteV, SystemCall.LSeek, SystemCall.FStat,
        SystemCall.GetDents, SystemCall.GetDents64, SystemCall.Dup, SystemCall.FTruncate, SystemCall.FAllocate,
        SystemCall.FSync, SystemCall.FDataSync, SystemCall.FStatFs,
    ];

    /// <summary>The program for the host's architecture; calls of any other are left alone.</summary>
    /// <param name="eventFds">We must make the clients' eventfds.</param>
    /// <param name="hostRequests">Requests of ioctl that come by whatever descriptor.</param>
    public static ReadOnlySpan<SockFilter> Build(bool eventFds, IReadOnlyList<uint> hostRequests)
    {
        const uint Ours = FirstDescriptor;
        var filter = new FilterBuilder()
            .LoadArchitecture().IfNotEqual(SystemCall.AUDIT_ARCH, Allow)
            .LoadNumber().IfAtLeast(SystemCall.X32Bit, Allow);
        foreach (var number in s_descriptorCalls)
        {
            filter.When((uint)number, b => b.LoadArgument(0).IfAtLeast(Ours, Notify).Return(Allow));
        }

        filter
            .When(SystemCall.Close, b => b.LoadArgument(0).IfAtLeast(Ours, Trace).Return(Allow))
            .When(SystemCall.Ioctl, b => IoctlCall(b, hostRequests))
            .When(SystemCall.Mmap, b => b
                .LoadArgument(3).IfAny(MAP_ANONYMOUS, Allow)
                .LoadArgument(4).IfAtLeast(Ours, Notify)
                .LoadArgumentHigh(5).IfAtLeast(SecondRegionHigh, Notify).Return(Allow))
            .When(SystemCall.Fcntl, b => b.LoadArgument(0).IfAtLeast(Ours, Notify).Return(Allow))
            .When(SystemCall.NewFStatAt, b => EmptyPathCall(b, flagsArgument: 3))
            .When(SystemCall.StatX, b => EmptyPathCall(b, flagsArgument: 2))
            .When(SystemCall.Dup2, b => b.LoadArgument(1).IfAtLeast(Ours, Trace).Return(Allow))
            .When(SystemCall.Dup3, b => b.LoadArgument(1).IfAtLeast(Ours, Trace).Return(Allow))
            .When(SystemCall.CloseRange, b => b.LoadArgument(1).IfAtLeast(Ours, Trace).Return(Allow));
        foreach (var number in new[] { SystemCall.PRead64, SystemCall.PWrite64 })
        {
            filter.When((uint)number, b => PositionedCall(b)
                .LoadArgumentHigh(2).IfNotEqual(0, Allow)
                .LoadArgument(2).IfAtLeast(WidestRegister + 1, Allow).Return(Notify));
        }

        foreach (var number in new[] { SystemCall.PReadV, SystemCall.PWriteV, SystemCall.PReadV2, SystemCall.PWriteV2 })
        {
            filter.When((uint)number, b => PositionedCall(b).Return(Allow));
        }

        foreach (var number in s_alwaysCalls)
        {
            filter.IfEqual((uint)number, Notify);
        }

        if (eventFds)
        {
            filter.IfEqual(SystemCall.EventFd, Notify).IfEqual(SystemCall.EventFd2, Notify);
        }

        return filter.Return(Allow).Program;
    }

    private static void IoctlCall(FilterBuilder b, IReadOnlyList<uint> hostRequests)
    {
        b.LoadArgument(0).IfAtLeast(FirstDescriptor, Notify).LoadArgument(1);
        foreach (var request in hostRequests)
        {
            b.IfEqual(request, Notify);
        }

        b.Mask(IoctlTypeMask).IfEqual(IoctlTypeVfio, Notify).Return(Allow);
    }

    // Descriptors that came by dup2 or SCM_RIGHTS have low numbers; what only a device understands comes all the same.
    private static FilterBuilder PositionedCall(FilterBuilder b) => b
        .LoadArgument(0).IfAtLeast(FirstDescriptor, Notify)
        .LoadArgumentHigh(3).IfAtLeast(SecondRegionHigh, Notify);

    // With AT_EMPTY_PATH the descriptor is meant: of all the others that is how the C library spells fstat.
    private static void EmptyPathCall(FilterBuilder b, int flagsArgument) => b
        .LoadArgument(0).IfAtLeast(FirstDescriptor, Notify)
        .LoadArgument(flagsArgument).IfAny((uint)Linux.Descriptors.FileStatus.AT_EMPTY_PATH, Allow)
        .Return(Notify);
}
