using System.Net;
using Dispatcher.Jobs;
using Dispatcher.Web.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Support;

/// <summary>Tests that each have a service of their own.</summary>
public abstract class ServiceTest : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TemporaryDirectory _directory = new();

    private protected TestService Service { get; private set; } = null!;

    private protected Api Api { get; private set; } = null!;

    private protected string DataDirectory => _directory.Path;

    public virtual async Task InitializeAsync()
    {
        Service = await TestService.Start(_directory.Path, Configure, ConfigureServices);
        Api = new Api(Service.Client());
    }

    public virtual async Task DisposeAsync()
    {
        Api.Dispose();
        await Service.DisposeAsync();
        _directory.Dispose();
    }

    protected virtual void Configure(DispatcherOptions options)
    {
    }

    protected virtual void ConfigureServices(IServiceCollection services)
    {
    }

    /// <summary>Waits until a job shows a status; the answer then.</summary>
    private protected Task<Answer> Until(string id, string status) => UntilThat(id, job => job.Text("status") == status, status);

    /// <summary>Waits until a job is as it should be; the answer then.</summary>
    private protected async Task<Answer> UntilThat(string id, Func<Answer, bool> isSo, string what = "as expected")
    {
        using var events = Service.Engine.Node.Feed.Subscribe(JobId.Parse(id));
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var answer = await Api.Get($"/jobs/{id}");
            if (answer.Status == HttpStatusCode.OK && isSo(answer)) return answer;
            try
            {
                await events.Messages.ReadAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"The job is not {what} after {Patience}: {answer}");
            }
        }
    }

    /// <summary>Stops the service and starts it again on the same data.</summary>
    private protected async Task Restart()
    {
        Api.Dispose();
        await Service.DisposeAsync();
        Service = await TestService.Start(_directory.Path, Configure, ConfigureServices);
        Api = new Api(Service.Client());
    }
}
