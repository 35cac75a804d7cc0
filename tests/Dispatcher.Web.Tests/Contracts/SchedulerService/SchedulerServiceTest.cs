using Dispatcher.Web.Contracts;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Contracts.SchedulerService;

/// <summary>Tests of the scheduler service's contract: its section in the document of the five contracts, row by row.</summary>
public abstract class SchedulerServiceTest : ServiceTest
{
    /// <summary>The seed's example, letter by letter.</summary>
    protected const string WeeklyReport =
        """
        "name": "Weekly Report",
        "metadata": {
          "scheduling": {
            "cron": "0 9 * * 1",
            "timezone": "America/New_York",
            "dependencies": ["job_id_data_refresh"],
            "retry_policy": { "max_attempts": 5, "backoff": "exponential" }
          }
        }
        """;

    /// <summary>Speaks to the contract, which is not in the OpenAPI document.</summary>
    private protected Api Plain { get; private set; } = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Plain = new Api(new HttpClient { BaseAddress = Service.Address });
        await Api.Register(Support.Workflows.Quick);
    }

    public override async Task DisposeAsync()
    {
        Plain.Dispose();
        await base.DisposeAsync();
    }

    protected override void Configure(DispatcherOptions options) => options.Contracts.Add(Contract.SchedulerService);

    /// <summary>An action with its fields, as they stand between braces.</summary>
    private protected Task<Answer> Ops(string action, string fields = "\"metadata\":{}") => Plain.Post("/api/scheduler_ops", $$"""{"action":"{{action}}",{{fields}}}""");

    /// <summary>Makes a job; its id.</summary>
    private protected async Task<string> Make(string job)
    {
        var answer = await Ops("create_job", $$"""
            "job":{{{job}}}
            """);
        Assert.True(answer.Status == System.Net.HttpStatusCode.OK, answer.ToString());
        return answer.Text("job.id");
    }

    /// <summary>A refusal: its status and its text.</summary>
    private protected static void AssertError(Answer answer, int status, string text)
    {
        Assert.True((int)answer.Status == status, answer.ToString());
        Assert.Equal(["error"], answer.Json.EnumerateObject().Select(property => property.Name));
        Assert.Contains(text, answer.Text("error"), StringComparison.Ordinal);
    }
}
