using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Gemma4
{
    /// <summary>
    /// A generation as an asynchronous stream. Written by hand: the compilers that Unity and Mono have
    /// know no asynchronous iterators.
    /// </summary>
    internal sealed class AsyncSteps<T> : IAsyncEnumerable<T> where T : class
    {
        private readonly Session _session;
        private readonly Func<Event, T> _select;
        private readonly CancellationToken _token;

        /// <param name="session">What is stepped.</param>
        /// <param name="select">The value to give for an event, or null to step on.</param>
        /// <param name="token">Cancels, as the one that an enumerator is given does.</param>
        internal AsyncSteps(Session session, Func<Event, T> select, CancellationToken token)
        {
            _session = session;
            _select = select;
            _token = token;
        }

        public IAsyncEnumerator<T> GetAsyncEnumerator(
            CancellationToken cancellationToken = default(CancellationToken))
        {
            return new Enumerator(this, cancellationToken);
        }

        private sealed class Enumerator : IAsyncEnumerator<T>
        {
            private readonly AsyncSteps<T> _steps;
            private readonly CancellationTokenSource _both;
            private readonly CancellationToken _token;
            private bool _over;

            internal Enumerator(AsyncSteps<T> steps, CancellationToken token)
            {
                _steps = steps;
                if (!token.CanBeCanceled || token == steps._token)
                {
                    _token = steps._token;
                }
                else if (!steps._token.CanBeCanceled)
                {
                    _token = token;
                }
                else
                {
                    _both = CancellationTokenSource.CreateLinkedTokenSource(token, steps._token);
                    _token = _both.Token;
                }
            }

            public T Current { get; private set; }

            public ValueTask<bool> MoveNextAsync()
            {
                return new ValueTask<bool>(Task.Run((Func<bool>)MoveNext, _token));
            }

            private bool MoveNext()
            {
                while (!_over)
                {
                    _over = true; // unless the step succeeds
                    Event last = _steps._session.Step(_token);
                    _over = last.Kind == EventKind.End;
                    Current = _steps._select(last);
                    if (Current != null) return true;
                }
                return false;
            }

            public ValueTask DisposeAsync()
            {
                if (_both != null) _both.Dispose();
                return default(ValueTask);
            }
        }
    }
}
