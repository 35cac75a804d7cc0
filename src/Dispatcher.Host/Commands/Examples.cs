using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Dispatcher.Host.Commands;

/// <summary>Puts examples and the exit codes under the program's help.</summary>
internal static class Examples
{
    private const string Text = """
        Examples:
          dispatcher run samples/talk/workflow.yaml --input video=talk.mp4
          dispatcher run samples/scenes/workflow.yaml --input-file board.json --json > result.json
          dispatcher resume                          go on with the newest unfinished job
          dispatcher serve --data data               the job service, on http://127.0.0.1:5080
          dispatcher job list --status failed
          dispatcher job why 019a                    why a job is not running now
          dispatcher cluster show                    the nodes of a cluster, and what dead ones left
          dispatcher cluster-sharding locate 019a    which node has a job
          dispatcher workflow check my-workflow.yaml

        Exit codes: 0 done, 1 failed, 2 wrong usage, workflow, input or settings, 3 key missing or not enough, 4 not found,
        130 cancelled by Ctrl-C
        """;

    public static void AddTo(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().First();
        help.Action = new WithExamples((HelpAction)help.Action!);
    }

    private sealed class WithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var result = help.Invoke(parseResult);
            if (parseResult.CommandResult.Command is RootCommand) parseResult.InvocationConfiguration.Output.WriteLine(Text);
            return result;
        }
    }
}
