using Viaduct.Driver.Suite;

namespace Viaduct.Driver.Tests.Backends;

/// <summary>The driver suite, case by case, on one back-end. The kernel's runs it as a program: eng/test-programs.sh.</summary>
public abstract class BackendSuite
{
    public static TheoryData<string> EduCases => Names(DeviceKind.Edu);

    public static TheoryData<string> NvmeCases => Names(DeviceKind.Nvme);

    [Theory]
    [MemberData(nameof(EduCases))]
    public void Edu_EachCase_IsAsOnEveryBackend(string name) => Run("edu", name);

    [Theory]
    [MemberData(nameof(NvmeCases))]
    public void Nvme_EachCase_IsAsOnEveryBackend(string name) => Run("nvme,size=16M", name);

    /// <summary>Opens a model that nobody had before.</summary>
    /// <param name="model">As 'viaduct run --device' has it.</param>
    /// <param name="owner">Disposed after the device.</param>
    internal abstract PciDevice Open(string model, out IDisposable? owner);

    private static TheoryData<string> Names(DeviceKind kind) =>
        [.. DriverCases.All.Where(test => test.Device.HasFlag(kind)).Select(static test => test.Name)];

    private void Run(string model, string name)
    {
        var device = Open(model, out var owner);
        using (owner)
        using (device)
        {
            try
            {
                DriverCases.Find(name).Run(device);
            }
            catch (SuiteSkip)
            {
                // The program counts these; models have a reset, and huge pages are the machine's.
                Assert.Contains(name, new[] { "Reset_DeviceThatCannot_IsEINVAL", "Dma_HugePages_AreMapped" });
            }
        }
    }
}
