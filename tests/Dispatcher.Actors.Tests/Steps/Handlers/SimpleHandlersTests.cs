using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Handlers;
using Dispatcher.Steps.Handlers.Http;
using Dispatcher.Steps.Processes;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Steps.Handlers;

public sealed class SimpleHandlersTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("""{"a":[1,"x",null]}""")]
    [InlineData("17")]
    public async Task Noop_ReturnsItsInput_WhenGivenOne(string with)
    {
        var result = Assert.IsType<StepResult.Completed>(await new NoopHandler().Run(new TestStepContext(with)));

        Assert.Equal(with, result.Output!.Value.GetRawText());
    }

    [Fact]
    public async Task Noop_ReturnsNothing_WhenGivenNothing() => Assert.Same(StepResult.Completed.Empty, await new NoopHandler().Run(new TestStepContext()));

    [Theory]
    [InlineData("""{"duration":"5s"}""", "2026-03-01T08:00:05+00:00")]
    [InlineData("""{"duration":"500ms"}""", "2026-03-01T08:00:00.5+00:00")]
    [InlineData("""{"duration":"1h30m"}""", "2026-03-01T09:30:00+00:00")]
    [InlineData("""{"duration":"1d0.5h"}""", "2026-03-02T08:30:00+00:00")]
    [InlineData("""{"seconds":0}""", "2026-03-01T08:00:00+00:00")]
    [InlineData("""{"seconds":1.5}""", "2026-03-01T08:00:01.5+00:00")]
    [InlineData("""{"until":"2026-03-02T10:00:00Z"}""", "2026-03-02T10:00:00+00:00")]
    [InlineData("""{"until":"2026-03-02T10:00:00.250+02:00"}""", "2026-03-02T08:00:00.25+00:00")]
    [InlineData("""{"until":"2020-01-01T00:00:00Z","seconds":null}""", "2020-01-01T00:00:00+00:00")]
    public async Task Delay_CompletesAtTheTime_WhenAsked(string with, string expected)
    {
        var result = Assert.IsType<StepResult.CompleteAt>(await new DelayHandler().Run(new TestStepContext(with) { Time = new FixedTime(Now) }));

        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), result.At);
        Assert.Equal(result.At, result.Output!.Value.GetProperty("until").GetDateTimeOffset());
    }

    [Theory]
    [InlineData(null, "with.duration")]
    [InlineData("[]", "with: expected an object")]
    [InlineData("""{"duration":"5s","seconds":5}""", "with.duration")]
    [InlineData("""{"duration":5}""", "with.duration")]
    [InlineData("""{"duration":""}""", "with.duration")]
    [InlineData("""{"duration":"5"}""", "with.duration")]
    [InlineData("""{"duration":"s"}""", "with.duration")]
    [InlineData("""{"duration":"5m1h"}""", "with.duration")]
    [InlineData("""{"duration":"-5s"}""", "with.duration")]
    [InlineData("""{"duration":"5 s"}""", "with.duration")]
    [InlineData("""{"duration":"367d"}""", "with.duration")]
    [InlineData("""{"seconds":-1}""", "with.seconds")]
    [InlineData("""{"seconds":1e300}""", "with.seconds")]
    [InlineData("""{"seconds":"5"}""", "with.seconds")]
    [InlineData("""{"until":"tomorrow"}""", "with.until")]
    [InlineData("""{"until":"2026-03-02T10:00:00"}""", "with.until")]
    [InlineData("""{"until":"2026-03-02"}""", "with.until")]
    public async Task Delay_NamesTheField_WhenItCannotBeRead(string? with, string expected)
    {
        var thrown = await Assert.ThrowsAsync<StepFailedException>(
            async () => await new DelayHandler().Run(new TestStepContext(with) { Time = new FixedTime(Now) }));

        Assert.Equal((ErrorClass.InvalidInput, "INVALID_INPUT"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.StartsWith(expected, thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, ErrorClass.Transient, null)]
    [InlineData("""{"class":"worker-lost"}""", ErrorClass.WorkerLost, null)]
    [InlineData("""{"class":"permanent","code":"BROKEN"}""", ErrorClass.Permanent, "BROKEN")]
    [InlineData("""{"class":"nonsense"}""", ErrorClass.InvalidInput, "INVALID_INPUT")]
    public async Task Fail_FailsAsAsked_WhenRun(string? with, ErrorClass @class, string? code)
    {
        var thrown = await Assert.ThrowsAsync<StepFailedException>(async () => await new FailHandler().Run(new TestStepContext(with)));

        Assert.Equal((@class, code), (thrown.Failure.Class, thrown.Failure.Code));
    }

    [Fact]
    public async Task Fail_WorksFromTheNamedAttemptOn_WhenTold()
    {
        const string With = """{"message":"not yet","until_attempt":3}""";

        for (var attempt = 1; attempt <= 2; attempt++)
        {
            var thrown = await Assert.ThrowsAsync<StepFailedException>(async () => await new FailHandler().Run(new TestStepContext(With) { Attempt = attempt }));
            Assert.Equal("not yet", thrown.Message);
        }

        Assert.IsType<StepResult.Completed>(await new FailHandler().Run(new TestStepContext(With) { Attempt = 3 }));
        Assert.IsType<StepResult.Completed>(await new FailHandler().Run(new TestStepContext(With) { Attempt = 4 }));
    }

    [Fact]
    public async Task Approval_AsksForADecision_AsTheStepSays()
    {
        Assert.Equal(new StepResult.AwaitApproval(null), await new ApprovalHandler().Run(new TestStepContext()));
        var asked = await new ApprovalHandler().Run(new TestStepContext("""{"deadline":"72h","on_timeout":"approve","prompt":"ok?"}"""));
        Assert.Equal(new StepResult.AwaitApproval(TimeSpan.FromHours(72), OnTimeout.Approve, "ok?"), asked);
    }

    [Theory]
    [InlineData("""{"deadline":"soon"}""", "with.deadline")]
    [InlineData("""{"on_timeout":"wait"}""", "with.on_timeout")]
    public async Task Approval_NamesTheField_WhenItCannotBeRead(string with, string expected)
    {
        var thrown = await Assert.ThrowsAsync<StepFailedException>(async () => await new ApprovalHandler().Run(new TestStepContext(with)));
        Assert.StartsWith(expected, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WorkflowRun_AsksForAChild_AsTheStepSays()
    {
        const string With = """{"workflow":"scene","version":2,"input":{"n":1},"priority":-5,"labels":{"team":"video","n":7},"child_failure":"transient"}""";
        var asked = Assert.IsType<StepResult.AwaitChild>(await new WorkflowRunHandler().Run(new TestStepContext(With)));
        Assert.Equal(("scene", 2, -5, ErrorClass.Transient), (asked.Workflow, asked.Version, asked.Priority, asked.FailsAs));
        Assert.Equal(("""{"n":1}""", "7"), (asked.Input!.Value.GetRawText(), asked.Labels!["n"]));
        Assert.Equal(new StepResult.AwaitChild("scene"), await new WorkflowRunHandler().Run(new TestStepContext("""{"workflow":"scene"}""")));
    }

    [Fact]
    public void Registry_FindsAndDescribesHandlers_WhenTheyAreThere()
    {
        var registry = new HandlerRegistry([new NoopHandler(), new DelayHandler(), new FailHandler()]);

        Assert.Equal(["delay", "fail", "noop"], registry.Names.AsEnumerable());
        Assert.IsType<DelayHandler>(registry.Find("delay"));
        Assert.Equal(new HandlerDescription("noop", null, "noop"), registry.Describe("noop"));
        Assert.Null(registry.Find("Delay"));
        Assert.Null(registry.Describe("missing"));
    }

    [Fact]
    public void Registry_Refuses_WhenTwoHandlersHaveOneName()
    {
        var thrown = Assert.Throws<ArgumentException>(() => new HandlerRegistry([new NoopHandler(), new NoopHandler()]));

        Assert.Contains("'noop'", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Noop")]
    [InlineData("a b")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a-")]
    public void Registry_Refuses_WhenANameIsNotAllowed(string name) => Assert.Throws<ArgumentException>(() => new HandlerRegistry([new Named(name)]));

    [Theory]
    [InlineData("yogacoach.pipeline_orchestrator")]
    [InlineData("mark-processing")]
    [InlineData("a")]
    public void Registry_FindsAHandlerByItsCapability_WhenItIsBound(string code)
    {
        var registry = new HandlerRegistry([new NoopHandler(), new DelayHandler()], new Dictionary<string, string> { [code] = "delay" });

        Assert.IsType<DelayHandler>(registry.Find(code));
        Assert.Equal("delay", registry.Describe(code)!.Name);
        Assert.Contains(code, registry.Names);
        Assert.Equal(["delay", "noop"], registry.Handlers.Select(handler => handler.Name));
    }

    [Theory]
    [InlineData("some.code", "dealy", "The capability 'some.code' is bound to 'dealy', and there is no such handler (did you mean 'delay'?).")]
    [InlineData("Some Code", "delay", "The capability 'Some Code' is not a handler's name: it must match ^[a-z][a-z0-9._-]{0,159}$.")]
    [InlineData("noop", "delay", "'noop' is a handler's own name and cannot be bound to another; choose another code.")]
    public void Registry_Refuses_WhenACapabilityCannotBeBound(string code, string handler, string message) => Assert.Equal(
        message,
        Assert.Throws<CapabilityException>(() => new HandlerRegistry([new NoopHandler(), new DelayHandler()], new Dictionary<string, string> { [code] = handler })).Message);

    [Fact]
    public void Handlers_HaveSchemasThatCanBeRead_WhenTheyHaveOne()
    {
        using var http = new HttpRequestHandler(new HttpOptions(), TimeProvider.System);
        IStepHandler[] handlers = [new DelayHandler(), new FailHandler(), new ApprovalHandler(), new WorkflowRunHandler(), http, new ProcessRunHandler(new ProcessRunner(new ProcessOptions(), TimeProvider.System))];

        Assert.All(handlers, handler => Assert.NotEmpty(handler.With!.Validate(JsonDocument.Parse("[]").RootElement)));
    }

    private sealed class Named(string name) : IStepHandler
    {
        public string Name => name;

        public JsonSchema? With => null;

        public ValueTask<StepResult> Run(StepContext context) => throw new NotSupportedException();
    }
}
