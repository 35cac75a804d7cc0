using System.Net;
using System.Text;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Contracts.TalkAvocado;

/// <summary>Jobs whose history this server cannot read.</summary>
public sealed class TalkParkedTests : ServiceTest
{
    protected override void Configure(DispatcherOptions options) => options.Contracts.Add(Contract.TalkAvocado);

    [Fact]
    public async Task AJobThatCannotBeRead_IsUnavailable_AndStillADuplicate()
    {
        await Api.Register(Support.Workflows.Guarded);
        var stranger = await Api.Create("""{"workflow":"guarded"}""");
        var id = (await Create()).Text("jobId");
        await Service.Spoil(id, stranger);
        await Restart();

        foreach (var answer in new[] { await Ask(HttpMethod.Get, $"/jobs/{id}"), await Ask(HttpMethod.Post, $"/jobs/{id}/start") })
        {
            Assert.True(answer.Status == HttpStatusCode.ServiceUnavailable, answer.ToString());
            Assert.Contains(Spoiling.UnknownEvent, answer.Text("error"), StringComparison.Ordinal);
            Assert.Equal("60", Assert.Single(answer.Headers.GetValues("Retry-After")));
        }

        var again = await Create();
        Assert.Equal((HttpStatusCode.Conflict, id), (again.Status, again.Text("jobId")));
        Assert.Equal(HttpStatusCode.NotFound, (await Ask(HttpMethod.Get, $"/jobs/{stranger}")).Status);
    }

    private Task<Answer> Create() => Api.Send(
        HttpMethod.Post, new Uri(Service.Address, "/jobs").ToString(), new StringContent("""{"tenantId":"default"}""", Encoding.UTF8, "application/json"), ("x-idempotency-key", "once"));

    private Task<Answer> Ask(HttpMethod method, string path) => Api.Send(method, new Uri(Service.Address, $"{path}?tenantId=default").ToString());
}
