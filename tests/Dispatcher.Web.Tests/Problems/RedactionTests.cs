using Dispatcher.Kernel;
using Dispatcher.Web.Access;
using Dispatcher.Web.Requests;

namespace Dispatcher.Web.Tests.Problems;

/// <summary>What stands behind everything that is logged.</summary>
public sealed class RedactionTests
{
    [Theory]
    [InlineData("GET /api/v1/stream?access_token=abc.def&x=1", "GET /api/v1/stream?access_token=[hidden]&x=1")]
    [InlineData("Authorization: Bearer s3cr3t-t0ken, Accept: */*", "Authorization: Bearer [hidden], Accept: */*")]
    [InlineData("{\"x-api-key\": \"abc\"}", "{\"x-api-key\": \"[hidden]\"}")]
    [InlineData("Cookie: session=1; theme=dark", "Cookie: [hidden]; theme=dark")]
    [InlineData("secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "secret whsec_[hidden]")]
    [InlineData("token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl is bad", "token [hidden] is bad")]
    [InlineData("The job 019a took 3 s", "The job 019a took 3 s")]
    [InlineData("A secret was added", "A secret was added")]
    public void Text_LosesItsSecrets_AndNothingElse(string text, string expected) => Assert.Equal(expected, Redaction.Of(text));

    [Fact]
    public void Key_KeepsItsId_WhenItIsHidden()
    {
        var (id, text) = ApiKey.New(new IdGenerator(TimeProvider.System));
        Assert.Equal($"key dk_{id}_[hidden].", Redaction.Of($"key {text}."));
    }
}
