/** Items of {@code docs/protocol.md}, chapter by chapter, on real nodes and real sockets. */
package io.rejoin.protocolit;
