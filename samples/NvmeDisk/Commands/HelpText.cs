using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace NvmeDisk.Commands;

/// <summary>The library's help, with the usage as one types it, and examples below.</summary>
internal sealed class HelpText : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> s_examples = new()
    {
        ["identify"] = ["NvmeDisk 0000:01:00.0 identify"],
        ["read"] = ["NvmeDisk 0000:01:00.0 read --lba 0 --blocks 8 | xxd", "NvmeDisk 0000:01:00.0 read --out disk.img"],
        ["write"] = ["NvmeDisk 0000:01:00.0 write --lba 2048 --in partition.img", "echo hello | NvmeDisk 0000:01:00.0 write --lba 5"],
        ["flush"] = ["NvmeDisk 0000:01:00.0 flush --namespace 2"],
        ["verify"] = ["NvmeDisk 0000:01:00.0 verify --lba 0 --blocks 262144 --queues 4 --overwrite"],
        ["load"] =
        [
            "NvmeDisk 0000:01:00.0 load --rw randread --block-size 4k --depth 32 --queues 2 --seconds 10",
            "NvmeDisk 0000:01:00.0 load --rw randrw --mix 70 --count 100000 --overwrite",
            "NvmeDisk 0000:01:00.0 load --rw write --block-size 128k --depth 8 --completions msix --overwrite",
        ],
    };

    private static readonly string[] s_first =
    [
        "NvmeDisk 0000:01:00.0 identify                                          what is it?",
        "echo hello | NvmeDisk 0000:01:00.0 write --lba 5                        put something there",
        "NvmeDisk 0000:01:00.0 read --lba 5 --blocks 1                           and get it back",
        "NvmeDisk 0000:01:00.0 verify --blocks 262144 --queues 4 --overwrite     does it keep data?",
        "NvmeDisk 0000:01:00.0 load --rw randread --depth 32                     how fast is it?",
        "viaduct run --device nvme -- NvmeDisk 0000:01:00.0 identify             with no hardware at all",
        "NvmeDisk unix:/run/n0.sock identify                                     behind a vfio-user server",
        "NvmeDisk model:nvme,size=1G load                                        a model in this process",
    ];

    private readonly HelpAction _generated = new();

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var configuration = parseResult.InvocationConfiguration;
        var output = configuration.Output;
        using var text = new StringWriter();
        configuration.Output = text;
        var status = _generated.Invoke(parseResult);
        configuration.Output = output;
        var name = parseResult.CommandResult.Command.Name;
        var isRoot = !s_examples.TryGetValue(name, out var examples);
        foreach (var line in text.ToString().TrimEnd().Split(Environment.NewLine))
        {
            output.WriteLine(
                line.StartsWith($"  {RootCommand.ExecutableName} ", StringComparison.Ordinal)
                    ? $"  NvmeDisk DEVICE {(isRoot ? "COMMAND" : name)} [options]"
                    : line);
        }

        output.WriteLine();
        output.WriteLine("Examples:");
        foreach (var example in examples ?? s_first)
        {
            output.WriteLine($"  {example}");
        }

        return status;
    }
}
