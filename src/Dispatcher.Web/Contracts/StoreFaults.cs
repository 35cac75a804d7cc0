using Dispatcher.Store;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Contracts;

/// <summary>A store that fails while a contract's request is answered is told in the form of the contract; so is a job whose history this server cannot read.</summary>
internal sealed partial class StoreFaults(ILogger<StoreFaults> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (StoreException fault)
        {
            LogStore(fault.Message);
            return new ContractError(Refusal.Unavailable(fault));
        }
        catch (ParkedJobException fault)
        {
            return new ContractError(fault.Refusal);
        }
    }

    [LoggerMessage(EventId = 5302, Level = LogLevel.Error, Message = "A request of a contract could not be answered because the store failed: {Cause}")]
    private partial void LogStore(string cause);
}
