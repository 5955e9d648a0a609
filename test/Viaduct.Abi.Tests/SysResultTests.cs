namespace Viaduct.Abi.Tests;

public class SysResultTests
{
    [Fact]
    public void Errno_Converted_IsNegative()
    {
        SysResult result = Errno.EINVAL;
        Assert.True(result.IsError);
        Assert.Equal(-22, result.Raw);
        Assert.Equal(Errno.EINVAL, result.Errno);
        Assert.Equal("-EINVAL", result.ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(long.MaxValue)]
    public void Value_IsNoError(long value)
    {
        var result = SysResult.FromValue(value);
        Assert.False(result.IsError);
        Assert.Equal(value, result.Raw);
        Assert.Equal(Errno.None, result.Errno);
    }

    [Fact]
    public void Success_IsZero() => Assert.Equal(SysResult.FromValue(0), SysResult.Success);
}
