namespace Viaduct.Abi.Tests;

/// <summary>What the kernel makes of text; the cases are from its own answers in test/transcripts/golden/sysfs_write.txt.</summary>
public sealed class KernelTextTests
{
    [Theory]
    [InlineData("1\n", true)]
    [InlineData("yes please", true)]
    [InlineData("enable", true)]
    [InlineData("T", true)]
    [InlineData("oN", true)]
    [InlineData("off", false)]
    [InlineData("Disable", false)]
    [InlineData("F", false)]
    [InlineData("N", false)]
    [InlineData("maybe", null)]
    [InlineData(" y", null)]
    [InlineData("o", null)]
    [InlineData("", null)]
    public void Flags_AreReadByTheirFirstLetters(string text, bool? expected)
    {
        var result = KernelText.ParseBool(text, out var value);
        Assert.Equal(expected is null ? Errno.EINVAL : Errno.None, result.Errno);
        Assert.Equal(expected ?? false, value);
    }

    [Theory]
    [InlineData("0", 0UL)]
    [InlineData("65535\n", 65535UL)]
    [InlineData("0x10", 16UL)]
    [InlineData("0Xff", 255UL)]
    [InlineData("017\n", 15UL)]
    [InlineData("+18", 18UL)]
    [InlineData("4294967295", 4294967295UL)]
    public void Numbers_HaveBasesAndANewline(string text, ulong expected)
    {
        Assert.Equal(SysResult.Success, KernelText.ParseUnsigned(text, uint.MaxValue, out var value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("", Errno.EINVAL)]
    [InlineData("\n", Errno.EINVAL)]
    [InlineData("-1", Errno.EINVAL)]
    [InlineData("x", Errno.EINVAL)]
    [InlineData("0x", Errno.EINVAL)]
    [InlineData("08", Errno.EINVAL)]
    [InlineData("5 ", Errno.EINVAL)]
    [InlineData("1\n\n", Errno.EINVAL)]
    [InlineData("4294967296", Errno.ERANGE)]
    [InlineData("99999999999999999999999999", Errno.ERANGE)]
    [InlineData("99999999999999999999999999x", Errno.EINVAL)]
    public void WhatIsNoNumber_IsAnError(string text, Errno expected)
        => Assert.Equal(expected, KernelText.ParseUnsigned(text, uint.MaxValue, out _).Errno);

    [Theory]
    [InlineData("DMA", true)]
    [InlineData("DMA\n", true)]
    [InlineData("DMA\n\n", false)]
    [InlineData("DMA ", false)]
    [InlineData("DM", false)]
    public void Names_MayHaveOneNewline(string text, bool expected) => Assert.Equal(expected, KernelText.IsSame(text, "DMA"));

    [Fact]
    public void Text_EndsAtTheFirstZero() => Assert.Equal("a", KernelText.Of("a\0b"u8));
}
