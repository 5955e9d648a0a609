using System.CommandLine;
using Viaduct.Cli.Machine;
using Viaduct.Cli.Output;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct demo</c>: the sample driver CopyEngine under <c>run</c>, with the ioat model.</summary>
internal static class DemoCommand
{
    private const string Sample = "CopyEngine";
    private const string SampleDirectory = "demo";

    public static Command Create()
    {
        var arguments = new Argument<string[]>("ARG")
        {
            Description = "Arguments for the sample driver, after '--': --size MIB, --count N, or the engine's address.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("demo", "See it work: a sample driver copies memory through a DMA engine that is a model.") { arguments };
        command.SetAction(result => Run(result.GetValue(arguments) ?? []));
        return command;
    }

    private static int Run(string[] arguments)
    {
        var directory = Path.Combine(AppContext.BaseDirectory, SampleDirectory);
        var program = Path.Combine(directory, Sample);
        var library = program + ".dll";
        if (!File.Exists(library) && !File.Exists(program))
        {
            return ErrorText.Write(
                $"the sample {Sample} is not in {directory}.",
                "fix: start the demo with ./viaduct in the repository, which builds it");
        }

        // Where we run on an installed runtime, so does the sample.
        var runtime = Environment.ProcessPath;
        string[] start = runtime is not null && Path.GetFileNameWithoutExtension(runtime) == "dotnet"
            ? [runtime, library]
            : [program];
        Console.Error.WriteLine($"viaduct: viaduct run --device ioat -- {Sample} {string.Join(' ', arguments)}");
        return RunCommand.Run(["ioat"], new MachineOptions(), limits: default, quiet: false, [.. start, .. arguments]);
    }
}
