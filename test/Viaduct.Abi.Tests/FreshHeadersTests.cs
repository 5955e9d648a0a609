using Viaduct.Abi.Tests.Infrastructure;

namespace Viaduct.Abi.Tests;

/// <summary>The checked-in table against one made now, from the headers of this machine.</summary>
public class FreshHeadersTests
{
    // The number of states; it grows with them.
    private const string StateCount = "VFIO_DEVICE_STATE_NR";

    [FreshHeadersFact]
    public void Table_MadeFromTheMachinesHeaders_StillHolds()
    {
        var pinned = HeaderTable.Pinned;
        var fresh = FreshHeaders.Generate();
        var newer = fresh.Kernel.Major > pinned.Kernel.Major || fresh.Kernel.Minor > pinned.Kernel.Minor;

        Assert.Equal(pinned.Strings, fresh.Strings);
        Assert.Equal(pinned.PowerPcConstants, fresh.PowerPcConstants);
        Assert.Equal(
            pinned.Constants.Where(c => !newer || c.Key != StateCount),
            fresh.Constants.Where(c => !newer || c.Key != StateCount));
        Assert.Equal(pinned.Structs.Keys, fresh.Structs.Keys);
        Assert.All(pinned.Structs.Values, s => AssertHolds(s, fresh.Structs[s.Name], newer));
    }

    // A newer kernel may have lengthened a struct, but never moves a field.
    private static void AssertHolds(HeaderStruct pinned, HeaderStruct fresh, bool newer)
    {
        Assert.Equal(pinned.Fields, fresh.Fields);
        Assert.Equal(pinned.Tail is null, fresh.Tail is null);
        if (newer)
        {
            Assert.InRange(fresh.Size, pinned.Size, int.MaxValue);
        }
        else
        {
            Assert.Equal((pinned.Size, pinned.Tail), (fresh.Size, fresh.Tail));
        }
    }
}
