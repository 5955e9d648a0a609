namespace Viaduct.Devices.Tests.Infrastructure;

internal sealed class MistakeRecorder : IModelObserver
{
    public List<string> Mistakes { get; } = [];

    public void DriverMistake(string model, string mistake) => Mistakes.Add($"{model}: {mistake}");
}
