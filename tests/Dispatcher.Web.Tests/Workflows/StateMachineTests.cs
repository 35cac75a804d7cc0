using System.Net;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Workflows;

/// <summary>The registry takes state machines in the Amazon States Language, and steps by their capability codes.</summary>
public sealed class StateMachineTests : ServiceTest
{
    private const string Skeleton = """
        {
          "Comment": "TalkAvocado Pipeline (Phase 1 skeleton)",
          "StartAt": "MarkProcessing",
          "States": {
            "MarkProcessing": { "Type": "Task", "Resource": "arn:aws:lambda:...:markProcessing", "Next": "NoopOrSteps" },
            "NoopOrSteps": { "Type": "Pass", "Result": { "message": "stubbed in Phase 1" }, "Next": "MarkCompleted" },
            "MarkCompleted": { "Type": "Task", "Resource": "arn:aws:lambda:...:markCompleted", "End": true }
          }
        }
        """;

    protected override void Configure(DispatcherOptions options)
    {
        options.Capabilities["mark-processing"] = "noop";
        options.Capabilities["mark-completed"] = "noop";
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/vnd.amazon.states+json")]
    public async Task AStateMachine_IsRegisteredUnderTheNameOfThePath_AndRuns(string contentType)
    {
        var made = await Api.Put("/workflows/pipeline/versions/3", Skeleton, contentType);
        Assert.True(made.Status == HttpStatusCode.Created, made.ToString());
        var shown = await Api.Get("/workflows/pipeline/versions/3");
        Assert.Equal(("mark-processing", "noop-or-steps", "mark-completed"), (shown.Text("steps.0.id"), shown.Text("steps.1.id"), shown.Text("steps.2.id")));
        Assert.Equal("TalkAvocado Pipeline (Phase 1 skeleton)", shown.Text("description"));

        var job = await Until(await Api.Create("""{"workflow":"pipeline","input":{"tenantId":"demo-tenant"}}"""), "completed");
        Assert.Equal("stubbed in Phase 1", job.Text("output.message"));
        Assert.Equal(HttpStatusCode.OK, (await Api.Put("/workflows/pipeline/versions/3", Skeleton, contentType)).Status);
    }

    [Fact]
    public async Task AStateMachine_IsRefused_WithTheLineAndThePathOfEachFault()
    {
        var refused = await Api.Put("/workflows/pipeline/versions/1", Skeleton.Replace("\"Pass\"", "\"Parallel\"", StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid-definition"), (refused.Status, refused.Text("code")));
        Assert.Equal(("States.NoopOrSteps.Type", 6L), (refused.Text("faults.0.path"), refused.Number("faults.0.line")));
        Assert.Contains("'Parallel' are not supported", refused.Text("faults.0.message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AStep_WhoseCapabilityIsNotBound_IsRefusedAtRegistration_NamingIt()
    {
        var refused = await Api.Put("/workflows/pipeline/versions/1", Skeleton.Replace("markCompleted", "markDone", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains("there is no handler 'mark-done'", refused.Text("faults.0.message"), StringComparison.Ordinal);
    }
}
