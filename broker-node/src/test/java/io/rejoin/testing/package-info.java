/** What tests of every package share. */
package io.rejoin.testing;
