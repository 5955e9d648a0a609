using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Viaduct.Cli.Output;

/// <summary>The library's help, with the usage line as one types it, and examples below.</summary>
internal sealed class HelpText : SynchronousCommandLineAction
{
    private readonly HelpAction _generated = new();
    private readonly Dictionary<string, (string Usage, string[] Examples)> _ours = new(StringComparer.Ordinal);

    public override bool ClearsParseErrors => true;

    /// <summary>Sets what a command's help says beside its options.</summary>
    /// <param name="command">The command's name.</param>
    /// <param name="usage">The command line; empty for the generated one.</param>
    /// <param name="examples">One a line.</param>
    public HelpText Add(string command, string usage, params string[] examples)
    {
        _ours.Add(command, (usage, examples));
        return this;
    }

    public override int Invoke(ParseResult parseResult)
    {
        var configuration = parseResult.InvocationConfiguration;
        var output = configuration.Output;
        using var text = new StringWriter();
        configuration.Output = text;
        var status = _generated.Invoke(parseResult);
        configuration.Output = output;
        if (!_ours.TryGetValue(parseResult.CommandResult.Command.Name, out var ours))
        {
            output.Write(text);
            return status;
        }

        foreach (var line in text.ToString().TrimEnd().Split(Environment.NewLine))
        {
            var isUsage = ours.Usage.Length > 0 && line.StartsWith($"  {RootCommand.ExecutableName} ", StringComparison.Ordinal);
            output.WriteLine(isUsage ? $"  {ours.Usage}" : line);
        }

        output.WriteLine();
        output.WriteLine("Examples:");
        foreach (var example in ours.Examples)
        {
            output.WriteLine($"  {example}");
        }

        return status;
    }
}
