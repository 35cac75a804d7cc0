using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Workflows;

/// <summary>What docs/workflows.md shows can be copied and works.</summary>
public class WorkflowDocumentationTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Here())!, "../../../docs/workflows.md"));

    [Fact]
    public void Examples_AreValid_WhenTheyAreYamlOrJson()
    {
        var examples = Regex.Matches(Text, "```(yaml|json)\n(.*?)```", RegexOptions.Singleline, TimeSpan.FromSeconds(5)).Select(match => match.Groups[2].Value).ToList();
        Assert.Equal(5, examples.Count);
        var definitions = examples.ConvertAll(example => WorkflowDefinition.Parse(example, "docs/workflows.md"));
        var built = WorkflowDefinition.Create("hello", version: 1).Step("greet", "noop", with: new { text = "Hello ${input.name}" }).Build();
        Assert.Equal(built.Hash, definitions[^1].Hash);
    }

    [Fact]
    public void Tables_NameEveryKey_WhenTheReaderKnowsIt()
    {
        var unknown = Assert.Throws<WorkflowDefinitionException>(() => WorkflowDefinition.Parse("{\"?\":1,\"steps\":[{\"?\":1,\"retry\":{\"?\":1}}]}"));
        var keys = unknown.Faults.Where(fault => fault.Code == WorkflowFaultCodes.UnknownKey).SelectMany(fault => fault.Message.Split("known are ")[1].Split(", ")).ToList();
        Assert.Equal(32, keys.Count);
        Assert.All(keys, key => Assert.True(Text.Contains($"| `{key}` |", StringComparison.Ordinal) || Text.Contains($"      {key}: ", StringComparison.Ordinal), key));
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
