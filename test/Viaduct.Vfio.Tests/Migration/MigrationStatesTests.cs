using Viaduct.Abi;
using Viaduct.Vfio.Migration;

namespace Viaduct.Vfio.Tests.Migration;

public sealed class MigrationStatesTests
{
    private const VfioMigrationFlags StopCopy = VfioMigrationFlags.VFIO_MIGRATION_STOP_COPY;
    private const VfioMigrationFlags PreCopy = StopCopy | VfioMigrationFlags.VFIO_MIGRATION_PRE_COPY;
    private const VfioMigrationFlags All = PreCopy | VfioMigrationFlags.VFIO_MIGRATION_P2P;

    // A letter for each state, in the order of the enum: Error, sTop, Run, stop_Copy, resUming, run_p2P, preCopY, pre_copy_P2p as Q.
    private const string Letters = "ETRCUPYQ";

    [Theory]
    [InlineData(All, 'E', "EEEEEEE")]
    [InlineData(All, 'T', "TPCUPPP")]
    [InlineData(All, 'R', "PRPPPYP")]
    [InlineData(All, 'C', "TTCTTEE")]
    [InlineData(All, 'U', "TTTUTTT")]
    [InlineData(All, 'P', "TRTTPRQ")]
    [InlineData(All, 'Y', "RRQRRYQ")]
    [InlineData(All, 'Q', "PPCPPYQ")]
    [InlineData(PreCopy, 'T', "TRCUxRx")]
    [InlineData(PreCopy, 'R', "TRTTxYx")]
    [InlineData(PreCopy, 'C', "TTCTxEx")]
    [InlineData(PreCopy, 'U', "TTTUxTx")]
    [InlineData(PreCopy, 'P', "xxxxxxx")]
    [InlineData(PreCopy, 'Y', "RRCRxYx")]
    [InlineData(StopCopy, 'R', "TRTTxxx")]
    [InlineData(StopCopy, 'T', "TRCUxxx")]
    public void GetNext_OfEachPair_IsTheKernels(VfioMigrationFlags flags, char from, string row)
    {
        for (var to = 1; to < Letters.Length; to++)
        {
            var result = MigrationStates.GetNext((VfioDeviceMigState)Letters.IndexOf(from), (VfioDeviceMigState)to, flags, out var next);
            Assert.Equal(row[to - 1] is 'E' or 'x' ? Errno.EINVAL : Errno.None, result.Errno);
            Assert.Equal(row[to - 1] is 'x' ? 'E' : row[to - 1], Letters[(int)next]);
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(8u)]
    [InlineData(uint.MaxValue)]
    public void GetNext_ToWhatNobodyMayAskFor_IsEINVAL(uint to)
        => Assert.Equal(
            Errno.EINVAL, MigrationStates.GetNext(VfioDeviceMigState.VFIO_DEVICE_STATE_RUNNING, (VfioDeviceMigState)to, All, out _).Errno);
}
