using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Functions;
using Dispatcher.Web.Tests.Support;
using Dispatcher.Workflows;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Embedding;

/// <summary>An application's own steps: as classes from its container, as functions, and as functions within a workflow.</summary>
public sealed class StepHandlerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Class_IsResolvedForEachAttempt_InAScopeOfItsOwn()
    {
        var log = new ScopeLog();
        await using var service = await Start(services => services
            .AddSingleton(log).AddScoped<Scoped>().AddStepHandler<GreetingHandler>()
            .AddWorkflow(Flow("greet", "steps: [ { id: a, uses: test.greet, with: { name: Ada }, retry: { max_attempts: 2, initial: 1ms } } ]")));

        var ended = await Run(service, "greet");

        Assert.Equal("Hello Ada, attempt 2", ended.Step("a").Output!.Value.GetProperty("text").GetString());
        Assert.Equal(["run 1", "disposed 1", "run 2", "disposed 2"], log.Lines);
    }

    [Fact]
    public async Task Functions_TakeAndReturnValues_InEachForm()
    {
        await using var service = await Start(services => services
            .AddStepHandler("plain", context => Task.CompletedTask)
            .AddStepHandler("giving", context => Task.FromResult(new Size(context.Attempt, 2)))
            .AddStepHandler<Size>("taking", (size, context) => context.Artifacts.Write("area.txt", "area", BitConverter.GetBytes(size.WidthPx * size.HeightPx), context.Cancellation).AsTask())
            .AddStepHandler("both", (Size size, StepContext context) => Task.FromResult(size with { WidthPx = size.WidthPx * 2 }))
            .AddStepHandler("whole", context => Task.FromResult<StepResult>(new StepResult.Completed(JsonSerializer.SerializeToElement(7), [])))
            .AddWorkflow(Flow("forms", """
                steps:
                  - { id: plain, uses: plain }
                  - { id: giving, uses: giving }
                  - { id: taking, uses: taking, needs: [giving], with: "${steps.giving.output}" }
                  - { id: both, uses: both, needs: [giving], with: { width_px: 10, height_px: 5 } }
                  - { id: whole, uses: whole }
                """)));

        var ended = await Run(service, "forms");

        Assert.Equal(JobStatus.Completed, ended.Status);
        Assert.Null(ended.Step("plain").Output);
        Assert.Equal("""{"width_px":1,"height_px":2}""", ended.Step("giving").Output!.Value.GetRawText());
        Assert.Equal(20, ended.Step("both").Output!.Value.GetProperty("width_px").GetInt32());
        Assert.Equal(7, ended.Step("whole").Output!.Value.GetInt32());
    }

    [Theory]
    [InlineData("{ width_px: wide, height_px: 5 }")]
    [InlineData("{ height_px: 5 }")]
    public async Task Function_FailsForGood_WhenItsInputDoesNotFit(string with)
    {
        await using var service = await Start(services => services
            .AddStepHandler("both", (Size size, StepContext context) => Task.FromResult(size))
            .AddWorkflow(Flow("wrong", $"steps: [ {{ id: a, uses: both, with: {with} }} ]")));

        var failure = (await Run(service, "wrong")).Failure!;

        Assert.Equal((ErrorClass.InvalidInput, "INVALID_INPUT"), (failure.Class, failure.Code));
        Assert.Contains("with", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>The form of the documentation: methods as steps, each with its options; the first receives the job's input.</summary>
    [Fact]
    public async Task Workflow_RunsItsOwnFunctions()
    {
        var build = WorkflowDefinition.Create("dataset-build", version: 1)
            .Step<Request, Image[]>("download", DownloadImages, retries: 3, estimatedDuration: TimeSpan.FromMinutes(5))
            .Step<Images, int>("validate_images", ValidateImages, needs: ["download"], retries: 2, timeout: TimeSpan.FromMinutes(10), with: new { images = "${steps.download.output}" })
            .Step("each", (Image image, StepContext context) => Task.FromResult(image.Name.Length), needs: ["download"], forEach: "${steps.download.output}", with: "${item}")
            .Step("report", Report, needs: ["validate_images", "each"])
            .Build();
        await using var service = await Start(services => services.AddWorkflow(build));

        var ended = await Run(service, "dataset-build", new { urls = new[] { "a.png", "bb.png" } });

        Assert.Equal(JobStatus.Completed, ended.Status);
        Assert.Equal(2, ended.Step("validate_images").Output!.Value.GetInt32());
        Assert.Equal([5, 6], ended.Step("each").FanOut!.Items.Select(item => item.Output!.Value.GetInt32()));
        Assert.Equal("dataset-build.v1.report", service.Engine.Handlers.Find("dataset-build.v1.report")!.Name);
    }

    [Fact]
    public async Task Start_Fails_WhenAWorkflowUsesAHandlerThatNobodyAdded()
    {
        var failure = await Assert.ThrowsAsync<WorkflowDefinitionException>(() => Start(services => services.AddWorkflow(Flow("lost", "steps: [ { id: a, uses: nobody } ]"))));

        Assert.Contains("nobody", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_Fails_WhenTwoHandlersHaveOneName()
    {
        var failure = await Assert.ThrowsAsync<ArgumentException>(() => Start(services => services
            .AddStepHandler("twice", _ => Task.CompletedTask).AddStepHandler("twice", _ => Task.CompletedTask)));

        Assert.Contains("twice", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_SaysToRaiseTheVersion_WhenADefinitionHasChanged()
    {
        await using (await Start(services => services.AddWorkflow(Flow("grows", "steps: [ { id: a, uses: noop } ]"))))
        {
        }

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => Start(services => services.AddWorkflow(Flow("grows", "steps: [ { id: b, uses: noop } ]"))));

        Assert.Contains("grows version 1", failure.Message, StringComparison.Ordinal);
        Assert.Contains("version 2", failure.Message, StringComparison.Ordinal);
    }

    private static Task<Image[]> DownloadImages(Request request, StepContext context) => Task.FromResult(request.Urls.Select(url => new Image(url)).ToArray());

    private static Task<int> ValidateImages(Images input, StepContext context) => Task.FromResult(input.All.Length);

    private static Task Report(StepContext context)
    {
        context.Progress(50, "half");
        return Task.CompletedTask;
    }

    private Task<TestService> Start(Action<IServiceCollection> services) => TestService.Start(_directory.Path, services: services);

    private static WorkflowDefinition Flow(string name, string body) => WorkflowDefinition.Parse($"name: {name}\nversion: 1\n{body}");

    private static async Task<JobState> Run(TestService service, string workflow, object? input = null)
    {
        var client = service.Services.GetRequiredService<IDispatcherClient>();
        return await client.WhenEnded(await client.Submit(workflow, input));
    }

    private sealed record Size(int WidthPx, int HeightPx);

    private sealed record Request(string[] Urls);

    private sealed record Image(string Name);

    private sealed record Images([property: System.Text.Json.Serialization.JsonPropertyName("images")] Image[] All);

    private sealed record Greeting(string Name);

    private sealed record Text([property: System.Text.Json.Serialization.JsonPropertyName("text")] string Value);

    private sealed class ScopeLog
    {
        private int _scopes;

        public List<string> Lines { get; } = [];

        public int Next() => ++_scopes;
    }

    private sealed class Scoped(ScopeLog log) : IDisposable
    {
        private int _number;

        public void Use() => log.Lines.Add($"run {_number = log.Next()}");

        public void Dispose() => log.Lines.Add($"disposed {_number}");
    }

    private sealed class GreetingHandler(IServiceProvider services) : StepHandler<Greeting, Text>
    {
        public override string Name => "test.greet";

        protected override Task<Text> Run(Greeting input, StepContext context)
        {
            services.GetRequiredService<Scoped>().Use();
            if (context.Attempt == 1) throw new InvalidOperationException("not the first time");
            return Task.FromResult(new Text($"Hello {input.Name}, attempt {context.Attempt}"));
        }
    }
}
