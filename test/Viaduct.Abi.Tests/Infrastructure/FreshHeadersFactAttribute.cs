namespace Viaduct.Abi.Tests.Infrastructure;

/// <summary>A test that needs a C compiler and kernel headers at least as new as the table's; where they are not on the
/// machine it is reported as skipped, with what is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FreshHeadersFactAttribute : FactAttribute
{
    public FreshHeadersFactAttribute() => Skip = FreshHeaders.WhyNot();
}
