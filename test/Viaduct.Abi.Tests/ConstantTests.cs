using Viaduct.Abi.Tests.Infrastructure;

namespace Viaduct.Abi.Tests;

/// <summary>Every constant against the table made from the kernel's headers.</summary>
public class ConstantTests
{
    [Fact]
    public void Constants_AndTheTables_AreTheSame()
    {
        var table = HeaderTable.Pinned.Constants.Select(c => (c.Key, c.Value)).Order();
        Assert.Equal(table, AbiAssembly.Constants.SelectMany(c => c.Select(value => (c.Key, value))).Order());
    }

    [Fact]
    public void Strings_AndTheTables_AreTheSame() =>
        Assert.Equal(HeaderTable.Pinned.Strings.OrderBy(s => s.Key), AbiAssembly.Strings.OrderBy(s => s.Key));

    [Fact]
    public void PowerPc_OnlyIoctlNumbersDiffer_AsToPowerPcSays()
    {
        Assert.NotEmpty(HeaderTable.Pinned.PowerPcConstants);
        Assert.All(HeaderTable.Pinned.PowerPcConstants, power =>
            Assert.Equal(power.Value, IoctlNumber.ToPowerPc((uint)HeaderTable.Pinned.Constants[power.Key])));
    }
}
