using Viaduct.Abi;
using static Viaduct.Abi.VfioDeviceMigState;

namespace Viaduct.Vfio.Migration;

/// <summary>vfio_mig_get_next_state: from one state to another by arcs that a device knows.</summary>
public static class MigrationStates
{
    // A row is where the device is, a column where it shall be, both in the order of the enum; the entry is the next arc's end.
    private static readonly VfioDeviceMigState[] s_next =
    [
        Error, Error, Error, Error, Error, Error, Error, Error,
        Error, Stop, P2p, StopCopy, Resuming, P2p, P2p, P2p,
        Error, P2p, Running, P2p, P2p, P2p, PreCopy, P2p,
        Error, Stop, Stop, StopCopy, Stop, Stop, Error, Error,
        Error, Stop, Stop, Stop, Resuming, Stop, Stop, Stop,
        Error, Stop, Running, Stop, Stop, P2p, Running, PreCopyP2p,
        Error, Running, Running, PreCopyP2p, Running, Running, PreCopy, PreCopyP2p,
        Error, P2p, P2p, StopCopy, P2p, P2p, PreCopy, PreCopyP2p,
    ];

    private const VfioDeviceMigState Error = VFIO_DEVICE_STATE_ERROR, Stop = VFIO_DEVICE_STATE_STOP, Running = VFIO_DEVICE_STATE_RUNNING,
        StopCopy = VFIO_DEVICE_STATE_STOP_COPY, Resuming = VFIO_DEVICE_STATE_RESUMING, P2p = VFIO_DEVICE_STATE_RUNNING_P2P,
        PreCopy = VFIO_DEVICE_STATE_PRE_COPY, PreCopyP2p = VFIO_DEVICE_STATE_PRE_COPY_P2P;

    /// <summary>The end of the next arc.</summary>
    /// <param name="from">Where the device is.</param>
    /// <param name="to">Where it shall be; another one.</param>
    /// <param name="flags">What it can.</param>
    /// <param name="next">Where it goes first.</param>
    /// <returns>Zero; EINVAL where there is no way, or the device does not know one of the states.</returns>
    public static SysResult GetNext(VfioDeviceMigState from, VfioDeviceMigState to, VfioMigrationFlags flags, out VfioDeviceMigState next)
    {
        next = Error;
        if (!IsKnown(from, flags) || !IsKnown(to, flags))
        {
            return Errno.EINVAL;
        }

        next = from;
        do
        {
            next = s_next[((uint)next * (uint)VFIO_DEVICE_STATE_NR) + (uint)to];
        }
        while (!IsKnown(next, flags));

        return next == Error ? Errno.EINVAL : SysResult.Success;
    }

    private static bool IsKnown(VfioDeviceMigState state, VfioMigrationFlags flags)
    {
        var needed = state switch
        {
            Error or Stop or Running => (VfioMigrationFlags)0,
            StopCopy or Resuming => VfioMigrationFlags.VFIO_MIGRATION_STOP_COPY,
            P2p => VfioMigrationFlags.VFIO_MIGRATION_STOP_COPY | VfioMigrationFlags.VFIO_MIGRATION_P2P,
            PreCopy => VfioMigrationFlags.VFIO_MIGRATION_STOP_COPY | VfioMigrationFlags.VFIO_MIGRATION_PRE_COPY,
            PreCopyP2p => VfioMigrationFlags.VFIO_MIGRATION_STOP_COPY | VfioMigrationFlags.VFIO_MIGRATION_P2P
                | VfioMigrationFlags.VFIO_MIGRATION_PRE_COPY,
            _ => (VfioMigrationFlags)ulong.MaxValue,
        };
        return (flags & needed) == needed;
    }
}
