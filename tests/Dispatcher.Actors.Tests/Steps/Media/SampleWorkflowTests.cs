using System.Text.Json;
using Dispatcher.Steps.Handlers;
using Dispatcher.Steps.Handlers.Media;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Steps.Media;

/// <summary>The samples as users copy them: they register without a fault against the real handlers.</summary>
public sealed class SampleWorkflowTests
{
    [Theory]
    [InlineData("talk/workflow.yaml", """{ "video": "/tmp/talk/talk.mp4" }""")]
    [InlineData("scenes/workflow.yaml", null)]
    public async Task Sample_RegistersAndTakesItsInput_WithTheRealHandlers(string path, string? input)
    {
        var handlers = new HandlerRegistry(MediaHandlers.All((_, _) => throw new NotSupportedException()));

        var workflow = WorkflowDefinition.Parse(await File.ReadAllTextAsync(TalkFlowTests.Sample(path)), path);

        Assert.Empty(workflow.CheckHandlers(handlers.Describe, handlers.Names));
        input ??= $$"""{ "storyboard": {{await File.ReadAllTextAsync(TalkFlowTests.Sample("scenes/storyboard.json"))}} }""";
        Assert.Empty(workflow.ValidateInput(JsonDocument.Parse(input).RootElement));
        Assert.NotEmpty(workflow.ValidateInput(JsonDocument.Parse("{}").RootElement));
    }
}
