using Dispatcher.Jobs;
using Dispatcher.Web.Tests.Support;
using Dispatcher.Workflows;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Embedding;

/// <summary>Jobs from within the application.</summary>
public sealed class DispatcherClientTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private TestService _service = null!;
    private IDispatcherClient _client = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.Start(_directory.Path, services: services => services
            .AddWorkflow(Flow("quick", "input: { type: object, properties: { n: { type: integer } } }\nsteps: [ { id: a, uses: noop } ]"))
            .AddWorkflow(Flow("gated", "approval: required\nsteps: [ { id: a, uses: noop } ]"))
            .AddWorkflow(Flow("slow", "steps: [ { id: a, uses: delay, with: { duration: 1h } } ]"))
            .AddWorkflow(Flow("failing", "steps: [ { id: a, uses: fail, with: { class: permanent } } ]")));
        _client = _service.Services.GetRequiredService<IDispatcherClient>();
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task WhenEnded_GivesTheEnd_BeforeAndAfterIt()
    {
        var id = await _client.Submit("gated");
        var waiting = _client.WhenEnded(id);
        Assert.Equal(JobStatus.Pending, (await _client.Find(id))!.Status);
        await _client.Approve(id, "looks good");

        Assert.Equal(JobStatus.Completed, (await waiting).Status);
        Assert.Equal(JobStatus.Completed, (await _client.WhenEnded(id)).Status);
    }

    [Fact]
    public async Task WhenEnded_LeavesTheJobAlone_WhenTheWaitIsCancelled()
    {
        var id = await _client.Submit("slow");
        using var cancellation = new CancellationTokenSource();
        var cancelled = _client.WhenEnded(id, cancellation.Token);
        var patient = _client.WhenEnded(id);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        await _client.Cancel(id, "enough");

        Assert.Equal(JobStatus.Cancelled, (await patient).Status);
    }

    [Fact]
    public async Task OtherTenants_SeeNothing_AndDisturbNobodysWait()
    {
        var id = await _client.Submit("slow");
        var waiting = _client.WhenEnded(id);
        var other = _client.ForTenant("other");

        Assert.Null(await other.Find(id));
        Assert.Equal("not-found", (await Assert.ThrowsAsync<DispatcherRefusedException>(() => other.WhenEnded(id))).Code);
        Assert.Equal("not-found", (await Assert.ThrowsAsync<DispatcherRefusedException>(() => other.Cancel(id))).Code);
        Assert.Equal("unknown-workflow", (await Assert.ThrowsAsync<DispatcherRefusedException>(() => other.Submit("slow"))).Code);
        await _client.Cancel(id);

        Assert.Equal(JobStatus.Cancelled, (await waiting).Status);
    }

    [Fact]
    public async Task Submit_IsOneJob_WhenTheKeyIsGivenAgain()
    {
        var options = new SubmitOptions { IdempotencyKey = "once", By = "ada" };
        var first = await _client.Submit("quick", new { n = 1 }, options);

        Assert.Equal(first, await _client.Submit("quick", new { n = 1 }, options));
        Assert.Equal("idempotency-conflict", (await Assert.ThrowsAsync<DispatcherRefusedException>(() => _client.Submit("quick", new { n = 2 }, options))).Code);
    }

    /// <summary>By them the server finds jobs of its own.</summary>
    [Fact]
    public async Task Submit_IsRefused_WhenAKeyOrALabelIsTheServersOwn()
    {
        SubmitOptions[] taken = [new() { IdempotencyKey = "schedule:nightly@2026-01-01T00:00:00Z" }, new() { Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["schedule"] = "nightly" } }];
        foreach (var options in taken) Assert.Equal("invalid-request", (await Assert.ThrowsAsync<DispatcherRefusedException>(() => _client.Submit("quick", null, options))).Code);
    }

    [Fact]
    public async Task Submit_IsRefused_WhenTheInputDoesNotFit() =>
        Assert.Equal("invalid-input", (await Assert.ThrowsAsync<DispatcherRefusedException>(() => _client.Submit("quick", new { n = "one" }))).Code);

    [Fact]
    public async Task Recover_GoesOnFromAStep_WhenAJobHasFailed()
    {
        var id = await _client.Submit("failing");
        await _client.WhenEnded(id);

        var recovered = await _client.Recover(id, "a", "the disk is back");

        Assert.Equal(1, recovered.RecoveryAttempts);
        Assert.Equal(JobStatus.Failed, (await _client.WhenEnded(id)).Status);
        Assert.Equal("unknown-step", (await Assert.ThrowsAsync<DispatcherRefusedException>(() => _client.Recover(id, "nobody"))).Code);
    }

    [Fact]
    public async Task PauseResumeAndPriority_GiveTheJobAfterThem()
    {
        var id = await _client.Submit("slow", options: new SubmitOptions { Priority = 5, Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["team"] = "a" } });

        Assert.Equal(9, (await _client.ChangePriority(id, 9)).Priority);
        Assert.Equal(JobStatus.Paused, (await _client.Pause(id)).Status);
        Assert.NotEqual(JobStatus.Paused, (await _client.Resume(id)).Status);
        await _client.Cancel(id);
    }

    [Fact]
    public async Task Reject_CancelsAJobThatWaits()
    {
        var id = await _client.Submit("gated");

        Assert.Equal(JobStatus.Cancelled, (await _client.Reject(id, "no")).Status);
    }

    private static WorkflowDefinition Flow(string name, string body) => WorkflowDefinition.Parse($"name: {name}\nversion: 1\n{body}");
}
