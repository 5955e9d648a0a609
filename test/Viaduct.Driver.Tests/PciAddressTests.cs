namespace Viaduct.Driver.Tests;

public sealed class PciAddressTests
{
    [Theory]
    [InlineData("0000:01:00.0", "0000:01:00.0")]
    [InlineData("01:00.0", "0000:01:00.0")]
    [InlineData("10000:fF:1f.7", "10000:ff:1f.7")]
    [InlineData("0:2:3.1", "0000:02:03.1")]
    public void Parse_Address_IsSpelledAsSysfsDoes(string text, string expected) =>
        Assert.Equal(expected, PciAddress.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("01:00")]
    [InlineData("01:20.0")]
    [InlineData("01:00.8")]
    [InlineData("0000:100:00.0")]
    [InlineData("0000:01:00.0 ")]
    [InlineData(" 1:00.0")]
    [InlineData("+1:00.0")]
    [InlineData("0000:01:00.0.0")]
    [InlineData("1:0000:01:00.0")]
    [InlineData("../0000:01:00.0")]
    [InlineData("123456789:01:00.0")]
    public void TryParse_AnythingElse_IsFalse(string text)
    {
        Assert.False(PciAddress.TryParse(text, out _));
        Assert.Contains("0000:01:00.0", Assert.Throws<FormatException>(() => PciAddress.Parse(text)).Message);
    }
}
